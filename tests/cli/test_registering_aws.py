"""What `tng` says and does of AWS alone: accounts, endpoints, policies."""

import json

import pytest

from tests.cloud_cases.interface import VENDOR

pytestmark = pytest.mark.parametrize(
    "cloud_case", ["ministack", pytest.param("moto", marks=pytest.mark.slow)], indirect=True
)


def test_a_device_has_a_certificate_a_policy_and_a_thing_that_is_called_as_asked(workshop, case):
    out, _ = workshop.tng("register", workshop.manifest(2), *workshop.trust, *case.one, "--dry-run")
    assert "-ats.iot." in out or "endpoint" in out
    workshop.register(workshop.manifest(2), *case.one)
    assert set(case.things(case.first)) == {VENDOR.device(n).unique_id for n in range(2)}
    workshop.deregister(*case.one, "--device", VENDOR.device(1).unique_id)
    assert set(case.things(case.first)) == {VENDOR.device(0).unique_id}


def test_offline_does_not_register_in_another_account_than_expected(workshop, case):
    arguments = (workshop.manifest(2), *case.one, "--account", "9" * 12, "--offline")
    out, _ = workshop.register(*arguments, expect=5)
    assert f"are of account {case.first.account}, expected 999999999999" in out
    assert case.log.writes() == ()


def test_yes_keeps_warnings_and_the_endpoint_in_the_log(workshop, case):
    document = {"Effect": "Allow", "Action": "iot:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [document]})
    (workshop.folder / "wide.json").write_text(policy)
    wide = ("--policy", "wide-in-log", "--create-policy", "wide.json")
    _, err = workshop.register(workshop.manifest(1), *case.one, *wide)
    assert "wildcard-policy" in err
    assert f"1 to register, account {case.first.account}" in err
    assert ", endpoint " in err
