"""Forged entries and chips meet the real decoder and verifier: the claims made of them hold."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.decode.reading import read_pieces
from tests.judging import without_duplicates
from tng.decode.microchip.decoder import MicrochipManifestDecoder
from tng.findings import CHECKS
from tng.models import DeviceEntry, DeviceRecord, DumpEvidence, Outcome, Source, Status
from tng.testing.examples import mixed_forgeries
from tng.testing.forged_chains import CHAIN_FORGERIES
from tng.testing.forged_chips import CHIP_FORGERIES, ForgedChip
from tng.testing.forgeries import ENTRY_FORGERIES
from tng.testing.manifest import Entry, make_entries, write_manifest
from tng.testing.microchip import MicrochipVendor
from tng.testing.nxp import ChipObject, NxpVendor
from tng.testing.trust_files import write_microchip_trust, write_nxp_trust
from tng.trust.store import TrustStore, added_material, built_in_material
from tng.verify.policy import VerificationPolicy
from tng.verify.verifier import Verifier
from tng.x509.certificate import read_certificate

TODAY = datetime(2026, 11, 21, tzinfo=UTC)
FORGERS = (*ENTRY_FORGERIES, *CHAIN_FORGERIES)


@pytest.fixture(scope="module")
def microchip() -> MicrochipVendor:
    return MicrochipVendor()


@pytest.fixture(scope="module")
def nxp() -> NxpVendor:
    return NxpVendor()


@pytest.fixture(scope="module")
def verifier(tmp_path_factory, microchip, nxp) -> Verifier:
    """Trusts the test vendors by the PEM files that a user would name on the command line."""
    directory = tmp_path_factory.mktemp("trust")
    root, *signers = write_microchip_trust(directory, microchip)
    nxp_roots = write_nxp_trust(directory, nxp)[0]
    store = TrustStore(built_in_material(), added_material([root, nxp_roots], signers, []))
    return Verifier(store, VerificationPolicy(TODAY))


def outcomes(verifier: Verifier, *entries: Entry) -> Iterator[Outcome]:
    stream = io.BytesIO()
    write_manifest(stream, entries)
    stream.seek(0)
    decoder = MicrochipManifestDecoder()
    for device in read_pieces(decoder, decoder.split(stream, "forged.json")):
        yield verifier.judge(device) if isinstance(device, DeviceEntry) else device


def judge(verifier: Verifier, forged: ForgedChip) -> Outcome:
    chip = forged.chip
    leaf = read_certificate(chip.certificate)
    record = DeviceRecord(Source("log", line=1), "nxp", chip.uid, None, None, chip.object_id, leaf)
    issuers = tuple(read_certificate(issuer) for issuer in chip.issuers)
    return verifier.judge(DeviceEntry(record, issuers, DumpEvidence(chip.uid), ()))


@pytest.mark.parametrize("forger", FORGERS, ids=lambda forger: forger.__name__)
def test_a_forged_entry_has_the_outcome_that_it_should(verifier, microchip, forger):
    forgery = forger(microchip, 0)
    *genuine, last = without_duplicates(list(outcomes(verifier, *forgery.entries)))
    assert [outcome.status for outcome in genuine] == [Status.VERIFIED] * len(genuine)
    assert last.status is forgery.status
    assert forgery.codes <= {finding.code for finding in last.findings}


@pytest.mark.parametrize("forger", CHIP_FORGERIES, ids=lambda forger: forger.__name__)
def test_a_forged_chip_has_the_outcome_that_it_should(verifier, nxp, forger):
    forged = forger(nxp, 0)
    outcome = judge(verifier, forged)
    assert outcome.status is forged.status
    assert forged.codes <= {finding.code for finding in outcome.findings}


@pytest.mark.parametrize("chip_object", ChipObject, ids=lambda o: o.name)
def test_a_genuine_chip_is_verified(verifier, nxp, chip_object):
    chip = nxp.chip(0, chip_object)
    genuine = ForgedChip("genuine", "", chip, Status.VERIFIED, frozenset())
    assert judge(verifier, genuine).status is Status.VERIFIED


def test_every_chain_forgery_is_the_only_reason(verifier, microchip):
    """Without its one fault each entry would pass: no other finding rejects it."""
    for forger in CHAIN_FORGERIES:
        forgery = forger(microchip, 0)
        (outcome,) = outcomes(verifier, *forgery.entries)
        rejecting = {f.code for f in outcome.findings if CHECKS[f.code].effect == "rejected"}
        assert rejecting == forgery.codes, forgery.name


def test_expected_codes_are_in_the_table(microchip, nxp):
    forged = [forger(microchip, 0).codes for forger in FORGERS]
    forged += [forger(nxp, 0).codes for forger in CHIP_FORGERIES]
    assert all(codes <= set(CHECKS) for codes in forged)


def test_forgeries_have_names_and_descriptions_of_their_own(microchip):
    forgeries = mixed_forgeries(microchip)
    assert len({forgery.name for forgery in forgeries}) == len(FORGERS)
    assert all(forgery.description.endswith(".") for forgery in forgeries)


def test_genuine_entries_between_forged_ones_are_verified(verifier, microchip):
    forged = [entry for forger in FORGERS for entry in forger(microchip, 0).entries[-1:]]
    genuine = list(make_entries(microchip, 2, start=50))
    found = list(outcomes(verifier, genuine[0], *forged, genuine[1]))
    assert found[0].status is found[-1].status is Status.VERIFIED
    assert len(found) == len(forged) + 2
