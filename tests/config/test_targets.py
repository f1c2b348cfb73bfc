"""From layers to targets: file < environment < flags, and what is refused together."""

import pytest

from tests.config.test_loading import FULL, load
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.registry import select_targets, target_from_table, target_table
from tng.config import load_settings
from tng.errors import ConfigurationError, TngError, UsageError


def select(tmp_path, *names, text=FULL, environment=None, cloud=None, **flags):
    return select_targets(
        load(tmp_path, text, **(environment or {})), names, {"cloud": cloud, **flags}
    )


def test_named_targets_are_merged_with_the_defaults(tmp_path):
    eu, us = select(tmp_path, "eu", "us")
    assert (eu.name, eu.policies, eu.groups) == ("eu", ("fleet",), ("reel-7", "all"))
    assert eu.thing_name.text == "{device_id}"
    assert eu.rates == (("AttachPolicy", 30.0),)
    assert (us.policies, us.status, us.thing_name) == (("fleet-us",), "INACTIVE", None)


def test_flags_win_over_variables_and_those_over_the_file(tmp_path):
    variables = {"TNG_POLICY": "from-environment,second", "TNG_STATUS": "ACTIVE"}
    (us,) = select(tmp_path, "us", environment=variables)
    assert us.policies == ("from-environment", "second")
    assert us.status == "ACTIVE"
    (us,) = select(tmp_path, "us", environment=variables, policy=("flag",), status=None)
    assert us.policies == ("flag",)
    assert us.status == "ACTIVE"


def test_flags_alone_make_one_target_with_the_defaults(tmp_path):
    (target,) = select(tmp_path, cloud="aws", region="eu-west-1", rate=5.0, update=True)
    assert target == AwsSettings(
        name="", region="eu-west-1", policies=("fleet",), rate=5.0, update=True
    )


def test_without_any_target_the_configured_ones_are_named(tmp_path):
    with pytest.raises(UsageError) as caught:
        select(tmp_path)
    assert "eu, us" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        select(tmp_path, text="")
    assert "--cloud aws" in caught.value.hint


@pytest.mark.parametrize(
    "given", [{"region": "eu-west-1"}, {"environment": {"TNG_PROFILE": "factory"}}]
)
def test_what_would_make_targets_the_same_is_refused(tmp_path, given):
    with pytest.raises(UsageError, match="several targets"):
        select(tmp_path, "eu", "us", **given)
    assert select(tmp_path, "eu", **given)


def test_unknown_and_repeated_names_are_refused(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        select(tmp_path, "use")
    assert "'us'" in caught.value.hint
    with pytest.raises(UsageError):
        select(tmp_path, "eu", "eu")


def test_a_broken_target_is_told_even_if_it_is_not_used(tmp_path):
    with pytest.raises(ConfigurationError, match="moon"):
        select(tmp_path, "eu", text=FULL + "[targets.no]\ncloud='aws'\nregion='moon'\n")


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"region": "Frankfurt"}, "region"),
        ({"account": "1234"}, "account"),
        ({"policy": ("a b",)}, "policy"),
        ({"status": "REVOKED"}, "status"),
        ({"thing_type": "sensor"}, "thing_type"),
        ({"thing_group": ("g",)}, "thing_group"),
        ({"billing_group": "b"}, "billing_group"),
        ({"attributes": {"part": "x"}}, "attributes"),
        ({"thing_name": "{serial}"}, "serial"),
        ({"thing_name": "x", "attributes": {"a b": "x"}}, "a b"),
        ({"thing_name": "x", "attributes": dict.fromkeys("abcd", "x")}, "4 attributes"),
        ({"thing_name": "x", "attributes": {"a": 1}}, "attributes"),
        ({"policy": tuple("abcdefghijk")}, "11 policies"),
        ({"policy": ("a", "b"), "create_policy": "p.json"}, "create_policy"),
        ({"rate": 0}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"rates": {"AttachPolicy": "fast"}}, "AttachPolicy"),
        ({"update": "yes"}, "update"),
    ],
)
def test_what_cannot_work_is_refused_before_any_call(tmp_path, flags, named):
    with pytest.raises(TngError, match=named) as caught:
        select(tmp_path, text="", cloud="aws", **flags)
    assert caught.value.hint


def test_a_target_survives_a_saved_plan(tmp_path):
    for target in select(tmp_path, "eu", "us"):
        assert target_from_table(target.name, target_table(target), "plan.json") == target
    (full,) = select(
        tmp_path,
        cloud="aws",
        create_policy=str(tmp_path / "policy.json"),
        rates_from_quotas=True,
        profile="factory",
        role_arn="arn:aws:iam::111111111111:role/x",
        endpoint_url="http://localhost:4566",
        update=True,
        rate=2.5,
    )
    assert target_from_table("", target_table(full), "plan.json") == full


def test_a_tampered_plan_cannot_smuggle_in_other_keys():
    with pytest.raises(ConfigurationError, match=r"plan\.json"):
        target_from_table("eu", {"cloud": "aws", "hook": "rm"}, "plan.json")


def test_the_example_in_the_documentation_is_read(tmp_path):
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    example = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "tng.toml").write_text(example)
    settings = load_settings(None, {}, tmp_path)
    names = [table.name for table in settings.targets]
    assert len(select_targets(settings, names, {})) == 3


MIXED = """
[defaults]
policy = 'fleet'
registration_id = '{cn}'
[targets.eu]
cloud = 'aws'
region = 'eu-central-1'
[targets.dps]
cloud = 'azure'
dps_host = 'a.azure-devices-provisioning.net'
[targets.dps-2]
cloud = 'azure'
dps_host = 'b.azure-devices-provisioning.net'
"""


def test_what_is_said_for_all_holds_for_those_whose_cloud_knows_it(tmp_path):
    eu, dps = select(tmp_path, "eu", "dps", text=MIXED, thing_name="{cn}", tags="{}", rate=3.0)
    assert (eu.policies, eu.thing_name.text, eu.rate) == (("fleet",), "{cn}", 3.0)
    assert (dps.registration_id.text, dps.tags, dps.rate) == ("{cn}", "{}", 3.0)


def test_an_identity_fits_one_target_of_its_cloud_alone(tmp_path):
    eu, _, _ = select(tmp_path, "eu", "dps", "dps-2", text=MIXED, region="eu-west-1")
    assert eu.region == "eu-west-1"
    with pytest.raises(UsageError, match="several targets"):
        select(tmp_path, "eu", "dps", "dps-2", text=MIXED, dps_host="c.example")


def test_a_flag_that_no_target_knows_is_refused(tmp_path):
    with pytest.raises(UsageError, match="--policy means nothing to cloud azure") as caught:
        select(tmp_path, "dps", text=MIXED, policy=("fleet",))
    assert "cloud aws" in caught.value.hint


def test_a_cloud_beside_a_named_target_is_refused(tmp_path):
    with pytest.raises(UsageError, match="--cloud"):
        select(tmp_path, "eu", text=MIXED, cloud="azure")


def test_a_key_of_another_cloud_is_refused_in_a_targets_own_table(tmp_path):
    text = MIXED + "policy = 'fleet'\n"
    with pytest.raises(ConfigurationError, match="policy"):
        select(tmp_path, "dps-2", text=text)


def test_a_connection_string_in_the_file_is_refused_and_not_repeated(tmp_path):
    text = MIXED + "connection_string = 'HostName=b;SharedAccessKey=c2VjcmV0'\n"
    with pytest.raises(ConfigurationError, match="secrets do not belong there") as caught:
        select(tmp_path, "dps", text=text)
    assert "c2VjcmV0" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("key", ["rate", "bulk", "limit", "ca_file", "iot_hub", "auth", "cloud"])
@pytest.mark.parametrize("section", ["defaults", "targets.plant"])
def test_a_connection_string_under_the_wrong_key_is_not_repeated(tmp_path, section, key):
    own = "" if key == "cloud" else "cloud = 'azure'\n"
    given = f"[{section}]\n{key} = 'HostName=b;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0='\n"
    text = f"{given}{own}" if section.startswith("t") else f"{given}[targets.plant]\n{own}"
    with pytest.raises(TngError) as caught:
        select(tmp_path, "plant", text=text)
    assert "c2VjcmV0" not in f"{caught.value} {caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("place", ["target", "key", "target of the file"])
def test_a_connection_string_as_a_name_is_not_repeated(tmp_path, place):
    given = "HostName=b;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0="
    name = given if place == "target" else "plant"
    own = given if place == "target of the file" else "plant"
    key = given if place == "key" else "auth"
    text = f"[targets.'{own}']\ncloud = 'azure'\n'{key}' = 'key'\n"
    with pytest.raises(TngError) as caught:
        select(tmp_path, name, text=text)
    assert "c2VjcmV0" not in f"{caught.value} {caught.value.message} {caught.value.hint}"


def test_the_cloud_may_be_a_default_like_every_other_key(tmp_path):
    text = "[defaults]\ncloud = 'aws'\npolicy = 'fleet'\n[targets.eu]\nregion = 'eu-central-1'\n"
    (target,) = select(tmp_path, "eu", text=text)
    assert (target.name, target.policies) == ("eu", ("fleet",))
    (target,) = select(tmp_path, text=text, cloud="aws", region="eu-west-1")
    assert target.region == "eu-west-1"
