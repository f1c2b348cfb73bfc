import json

import pytest

from tests.judging import MANIFESTS, codes, judge, judge_files, manifest, microchip, nxp, verifier
from tng.models import Status
from tng.testing.certificates import pem
from tng.testing.forged_chains import CHAIN_FORGERIES
from tng.testing.forged_chips import CHIP_FORGERIES, ChipForger
from tng.testing.forgeries import ENTRY_FORGERIES, Forger
from tng.testing.nxp import ChipCertificate
from tng.testing.sessions import SerialStyle, serial_log


@pytest.mark.parametrize("forger", [*ENTRY_FORGERIES, *CHAIN_FORGERIES], ids=lambda f: f.__name__)
def test_a_forged_entry_gets_its_outcome_and_its_finding(forger: Forger):
    forgery = forger(microchip(), 4000)
    *before, last = judge(manifest(forgery.entries))
    assert last.status is forgery.status
    assert forgery.codes <= codes(last)
    assert [outcome.status for outcome in before] == [Status.VERIFIED] * len(before)


@pytest.mark.parametrize("forger", CHIP_FORGERIES, ids=lambda f: f.__name__)
def test_a_forged_chip_gets_its_outcome_and_its_finding(forger: ChipForger):
    forged = forger(nxp(), 5000)
    last = judge(_log_with_issuers(forged.chip))[-1]
    assert (last.status, forged.codes - codes(last)) == (forged.status, set())


def test_strictness_does_not_save_a_forgery():
    for forger in (*ENTRY_FORGERIES, *CHAIN_FORGERIES):
        forgery = forger(microchip(), 4000)
        assert judge(manifest(forgery.entries), verifier(strict=True))[-1].status is not (
            Status.VERIFIED
        )


def test_the_example_file_of_forgeries_gives_what_it_says():
    expected = json.loads((MANIFESTS / "forged-mixed.expected.json").read_text())
    outcomes = judge_files([MANIFESTS / "forged-mixed.json"])
    assert [outcome.status.value for outcome in outcomes] == [e["status"] for e in expected]
    for outcome, expectation in zip(outcomes, expected, strict=True):
        assert set(expectation["codes"]) <= codes(outcome), expectation["name"]


def test_every_forgery_has_a_name_of_its_own():
    names = [forger.__name__ for forger in (*ENTRY_FORGERIES, *CHAIN_FORGERIES, *CHIP_FORGERIES)]
    assert len(names) == len(set(names))


def _log_with_issuers(chip: ChipCertificate) -> bytes:
    """The chip's log, behind the PEM of its issuers."""
    plain = SerialStyle(doubled_returns=False, colours=False)
    return pem(*chip.issuers).encode() + serial_log([chip], plain)
