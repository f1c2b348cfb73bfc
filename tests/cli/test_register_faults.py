"""Registering with the real process on both emulators, with quotas and faults in front."""

import pytest

from tests.cli.workshop import BOTH, make_workshop
from tng.sandbox.faults import Fault, LostReply, ServerError, Throttle, When, random_faults
from tng.sandbox.quotas import quotas_for


@pytest.fixture
def workshop(cloud, cloud_files, tmp_path):
    return make_workshop(tmp_path, cloud)


@pytest.fixture
def front(workshop):
    return workshop.cloud.front


def test_the_whole_way_in_two_accounts(workshop):
    manifest, cloud = workshop.manifest(6), workshop.cloud
    dry, _ = workshop.tng("register", manifest, *workshop.trust, *BOTH, "--dry-run")
    assert "6  to register" in dry
    assert "6 RegisterCertificateWithoutCA, 6 AttachPolicy, 6 CreateThing" in dry
    assert cloud.eu.account in dry
    assert "-ats.iot." in dry or "endpoint" in dry
    assert cloud.front.log.writes() == ()

    out, err = workshop.register(manifest, *BOTH)
    assert out.count("6  done") == 2
    assert "sandbox-eu: 6/6" in err
    assert len(cloud.front.log.writes()) == 2 * 6 * 5
    for account in (cloud.eu, cloud.us):
        workshop.assert_registered(account, 6)

    cloud.front.log.clear()
    again, _ = workshop.register(manifest, *BOTH)
    assert again.count("6  of them there and right before") == 2
    assert cloud.front.log.writes() == ()

    removal, _ = workshop.tng("deregister", "--target", "sandbox-us", "--dry-run")
    assert "6  to deregister" in removal
    assert cloud.front.log.writes() == ()
    workshop.tng("deregister", "--target", "sandbox-us", "--yes")
    assert workshop.certificates(cloud.us) == {}
    assert workshop.things(cloud.us) == {}
    workshop.assert_registered(cloud.eu, 6)
    counts = {name: target["counts"] for name, target in workshop.status().items()}
    assert counts["sandbox-us"]["removed"] == 6
    assert counts["sandbox-eu"]["done"] == 6


FAULTS = [
    pytest.param([*random_faults(0.2)], id="a bit of everything"),
    pytest.param(
        [Fault(LostReply(When.AFTER), count=None, probability=0.15)],
        id="lost after",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        [Fault(LostReply(When.BEFORE), count=None, probability=0.15)],
        id="lost before",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        [Fault(Throttle(), count=None, probability=0.15)],
        id="throttles",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        [Fault(ServerError(503), count=None, probability=0.15)],
        id="server errors",
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize("faults", FAULTS)
def test_faults_lose_nobody_and_register_nobody_twice(workshop, front, faults):
    front.inject(*faults)
    workshop.register(workshop.manifest(8), *BOTH)
    for account in (workshop.cloud.eu, workshop.cloud.us):
        workshop.assert_registered(account, 8)


def test_a_quota_below_the_rate_is_survived(workshop, front):
    front.limit(quotas_for(20))
    workshop.register(workshop.manifest(30), "--target", "sandbox-eu")
    workshop.assert_registered(workshop.cloud.eu, 30)
