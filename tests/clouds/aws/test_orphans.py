"""Looking for a certificate by its key, in lists as AWS gives them and as it may not."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.clouds.aws.conftest import call_at_once
from tests.requested_devices import requested, spki
from tng.clouds.aws.certificates import CLOCK_SKEW, CertificateReader
from tng.clouds.aws.failures import NotFoundError
from tng.clouds.interface import TransientError
from tng.testing.microchip import MicrochipVendor
from tng.x509.certificate import read_certificate
from tng.x509.pem import certified_key, to_pem

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
VENDOR = MicrochipVendor()


def minutes(count):
    return NOON + timedelta(minutes=count)


class Account:
    """``made`` are (number of a chip, time), newest first; a certificate's id is its number."""

    def __init__(self, made, page=2):
        self._made = made
        self._page = page
        self.calls = Counter()
        self.described = []

    def call(self, operation, request):
        self.calls[operation] += 1
        return getattr(self, operation)(request)

    def ListCertificates(self, request):  # noqa: N802 - named as the operation
        start = int(request.get("marker", 0))
        items = [
            {"certificateId": str(number), "creationDate": at}
            for number, at in self._made[start : start + self._page]
        ]
        following = start + self._page
        more = {"nextMarker": str(following)} if following < len(self._made) else {}
        return {"certificates": items, **more}

    def DescribeCertificate(self, request):  # noqa: N802 - named as the operation
        number = request["certificateId"]
        self.described.append(number)
        if number == "gone":
            raise NotFoundError("ResourceNotFoundException", "gone")
        pem = "no certificate" if number == "odd" else to_pem(leaf(int(number)).der)
        description = {"certificateId": number, "status": "ACTIVE", "certificatePem": pem}
        return {"certificateDescription": description}


def leaf(number):
    return read_certificate(VENDOR.device(number).certificate)


def key(number):
    return certified_key(to_pem(leaf(number).der))


def orphans(account, wanted, known=()):
    reader = CertificateReader(account, call_at_once)
    found = reader.orphans(wanted, lambda since: frozenset(known))
    return {certified: item.certificate_id for certified, item in found.items()}


def test_a_list_is_read_back_to_the_first_attempt_and_no_further():
    made = [(number, minutes(-10 * number)) for number in range(20)]
    account = Account(made)
    assert orphans(account, {key(3): minutes(-40)}) == {key(3): "3"}
    assert account.described == ["0", "1", "2", "3"]
    account = Account(made)
    assert orphans(account, {key(15): minutes(-40)}) == {}
    assert account.described == ["0", "1", "2", "3", "4", "5"]
    assert account.calls["ListCertificates"] == 4


def test_clocks_that_differ_do_not_hide_it():
    account = Account([(1, NOON - CLOCK_SKEW)])
    assert orphans(account, {key(1): NOON}) == {key(1): "1"}
    account = Account([(1, NOON - CLOCK_SKEW - timedelta(seconds=1))])
    assert orphans(account, {key(1): NOON}) == {}


@pytest.mark.parametrize(
    "made",
    [
        pytest.param([(1, minutes(-90)), (2, minutes(-80)), (3, minutes(0))], id="ascending"),
        pytest.param([(1, minutes(-90)), (2, None), (3, minutes(0))], id="without times"),
        pytest.param(
            [(1, minutes(0)), (2, minutes(-90)), (4, minutes(-91)), (5, minutes(-60)),
             (3, minutes(0))],
            id="in no order",
        ),
    ],
)  # fmt: skip
def test_a_list_that_does_not_descend_is_read_on(made):
    # The last example has to show itself in the first page.
    account = Account(made, page=3 if len(made) == 3 else 5)
    assert orphans(account, {key(3): NOON}) == {key(3): "3"}


def test_several_are_looked_for_in_one_walk_that_ends_when_all_are_found():
    account = Account([(number, NOON) for number in range(10)], page=4)
    wanted = {key(1): minutes(5), key(4): minutes(-5)}
    assert orphans(account, wanted, known=["0", "2"]) == {key(1): "1", key(4): "4"}
    assert account.described == ["1", "3", "4"]
    assert account.calls["ListCertificates"] == 2


def test_nothing_wanted_reads_nothing():
    account = Account([(1, NOON)])
    assert orphans(account, {}) == {}
    assert account.calls == {}


def test_what_is_gone_or_odd_is_passed_over():
    account = Account([("gone", NOON), ("odd", NOON), (1, NOON)])
    assert orphans(account, {key(1): NOON}) == {key(1): "1"}


def test_an_answer_that_makes_no_sense_is_an_unknown_outcome():
    class Senseless(Account):
        def DescribeCertificate(self, request):  # noqa: N802 - named as the operation
            return {"certificateDescription": "?"}

    with pytest.raises(TransientError):
        orphans(Senseless([(1, NOON)]), {key(1): NOON})


def test_the_key_of_a_certificate_is_that_of_its_request():
    assert requested(1).request.spki == spki(1)
    assert certified_key("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----") is None
    assert certified_key("\ud800") is None
    both = to_pem(leaf(1).der) + to_pem(leaf(2).der)
    assert certified_key(both) is None
