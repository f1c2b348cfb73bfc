import json
from datetime import UTC, datetime

import pytest

from tests.commands import run_tng
from tests.judging import MICROCHIP_TRUST
from tng.testing import certificates as x509
from tng.testing.certificates import pem, self_signed
from tng.testing.keys import seeded_key
from tng.testing.microchip import MicrochipVendor
from tng.trust.builtin import built_in_material

_ANCHORS = built_in_material().anchors


def test_the_list_has_every_anchor_with_its_fingerprint():
    lines = run_tng("trust", "list", expect=0).stdout.splitlines()
    assert len(lines) == len(_ANCHORS)
    for line, anchor in zip(lines, _ANCHORS, strict=True):
        assert line.split()[0] == anchor.id
        assert line.endswith(anchor.certificate_sha256)


def test_added_ones_are_told_from_built_in_ones():
    anchors = json.loads(run_tng("trust", "list", "--json", *MICROCHIP_TRUST, expect=0).stdout)
    origins = [anchor["origin"] for anchor in anchors]
    assert origins.count("added") == 2
    assert origins.count("revoked") == 1
    assert origins.count("known, not trusted") == 1
    assert [anchor["source"] for anchor in anchors[-2:]] == list(MICROCHIP_TRUST[1::2])


@pytest.mark.parametrize("anchor", _ANCHORS, ids=lambda anchor: anchor.id)
def test_each_is_shown_by_id_and_by_fingerprint(anchor):
    by_id = run_tng("trust", "show", anchor.id, expect=0).stdout
    digits = anchor.certificate_sha256.upper()
    colons = ":".join(digits[index : index + 2] for index in range(0, 64, 2))
    assert run_tng("trust", "show", colons, expect=0).stdout == by_id
    for fact in (anchor.subject_text, anchor.spki_sha256, anchor.source, anchor.serial_number):
        assert fact in by_id


def test_an_unknown_id_is_a_usage_error():
    result = run_tng("trust", "show", "nobody", expect=2)
    assert result.stderr.splitlines() == [
        "error: nothing is pinned as nobody",
        "hint: `tng trust list` shows the ids",
    ]


def test_a_hostile_subject_is_inert(tmp_path):
    vendor = MicrochipVendor("hostile", root_common_name="\x1b[2Jroot\u202e")
    path = tmp_path / "root.pem"
    path.write_text(pem(vendor.root.certificate))
    anchors = json.loads(run_tng("trust", "list", "--json", "--trust-anchor", str(path)).stdout)
    shown = run_tng("trust", "show", anchors[-1]["id"], "--trust-anchor", str(path), expect=0)
    assert "\x1b" not in shown.stdout
    assert "\\u001b[2Jroot\\u202e" in shown.stdout


def test_help_of_the_group_is_shown_without_a_command():
    assert "list" in run_tng("trust").output


def test_names_in_the_error_of_a_wrong_trust_file_are_the_files(tmp_path):
    key = seeded_key("x", "no-ca")
    request = x509.CertificateRequest(
        x509.name((x509.COMMON_NAME, "No CA")), key.spki, b"\x01",
        _ANCHORS[0].not_before, _ANCHORS[1].not_after, (x509.basic_constraints(is_ca=False),),
    )  # fmt: skip
    path = tmp_path / "leaf.pem"
    path.write_text(pem(self_signed(request, key).certificate))
    result = run_tng("trust", "list", "--trust-anchor", str(path), expect=3)
    assert str(path) in result.stderr
    assert "CA:TRUE is missing" in result.stderr


def test_the_name_in_a_certificate_that_is_refused_steers_no_terminal(tmp_path):
    key = seeded_key("trust", "escape")
    request = x509.CertificateRequest(
        subject=x509.name((x509.COMMON_NAME, "a\x1b[31mb\u202ec")),
        spki=key.spki,
        serial=b"\x01",
        not_before=datetime(2020, 1, 1, tzinfo=UTC),
        not_after=datetime(2045, 1, 1, tzinfo=UTC),
        extensions=(),
    )
    file = tmp_path / "issuer.pem"
    file.write_text(pem(self_signed(request, key).certificate))
    said = run_tng("trust", "list", "--trust-anchor", str(file), expect=3).stderr
    assert "CA:TRUE is missing" in said
    assert "a\\u001b[31mb\\u202ec" in said
    assert "\x1b" not in said
