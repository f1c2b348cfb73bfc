"""What a target in tng.toml may say, and what it is told otherwise."""

import sys
from pathlib import Path

import pytest

from tng.clouds.azure.connection_string import read_connection_string
from tng.clouds.azure.settings import (
    IDENTITY_KEYS,
    KEYS,
    AzureSettings,
    azure_identity_only,
    azure_settings_table,
    read_azure_settings,
)
from tng.config.tables import Value
from tng.errors import ConfigurationError, TargetError

SUBSCRIPTION = "0123abcd-0000-0000-0000-00000000000f"
KEY = "c2VjcmV0IHNlY3JldA=="
STRING = f"HostName=my.azure-devices-provisioning.net;SharedAccessKeyName=o;SharedAccessKey={KEY}"


def read(textual=False, **contents) -> AzureSettings:
    origin = "tng.toml [targets.eu]"
    return read_azure_settings(
        "eu", {key: Value(item, origin, Path("/there"), textual) for key, item in contents.items()}
    )


def test_the_defaults_are_those_of_the_service_and_of_safety():
    settings = read(dps_host="My.azure-devices-provisioning.net")
    assert settings.dps_host == "my.azure-devices-provisioning.net"
    assert (settings.registration_id.text, settings.device_id.text) == ("{cn}", "{cn}")
    assert settings.provisioning_status == "enabled"
    assert settings.allocation_policy is settings.reprovision_policy is settings.auth is None
    assert settings.rate * 60 < 1000
    assert settings.limit == 1_000_000
    assert settings.connection_string_env == "TNG_DPS_CONNECTION_STRING"
    assert settings.update is False


EVERYTHING = {
    "dps": "my-dps",
    "resource_group": "group_1.x",
    "subscription": SUBSCRIPTION,
    "connection_string_env": "DPS_EU",
    "auth": "key",
    "ca_file": "ca.pem",
    "arm_endpoint": "https://management.chinacloudapi.cn",
    "registration_id": "sn{device_id}",
    "device_id": "dev-{device_id}",
    "provisioning_status": "disabled",
    "allocation_policy": "geoLatency",
    "iot_hub": ["A.azure-devices.net", "b.azure-devices.net"],
    "reprovision_policy": "never",
    "tags": {"line": 7, "ß": ["x", {"y": True}]},
    "desired": {"interval": 1.5},
    "rate": 3,
    "bulk": False,
    "bulk_counts_as": "call",
    "limit": 10,
    "update": True,
}


def test_every_key_is_read_and_written_again_as_it_was():
    assert set(EVERYTHING) | {"dps_host"} == set(KEYS)
    settings = read(**EVERYTHING)
    table = azure_settings_table(settings)
    assert table["ca_file"] == "/there/ca.pem"
    assert table["allocation_policy"] == "geolatency"
    assert table["tags"] == EVERYTHING["tags"]
    assert read(**table) == settings
    host = read(dps_host="localhost:8443")
    assert read(**azure_settings_table(host)) == host


def test_the_identity_has_no_wishes_left():
    identity = azure_identity_only(read(**EVERYTHING))
    assert {key: azure_settings_table(identity).get(key) for key in IDENTITY_KEYS} == {
        key: EVERYTHING.get(key) for key in IDENTITY_KEYS
    }
    assert identity.ca_file == Path("/there/ca.pem")
    assert identity.rate == 3
    assert identity.iot_hubs == ()
    assert identity.tags is None
    assert not identity.update


def test_the_environment_and_flags_give_text():
    settings = read(
        textual=True,
        dps_host="localhost:8443",
        tags='{"a": 1}',
        iot_hub="a.b.net, c.d.net",
        bulk="false",
        rate="2.5",
    )
    assert settings.tags == '{"a": 1}'
    assert settings.iot_hubs == ("a.b.net", "c.d.net")
    assert settings.bulk is False
    assert settings.rate == 2.5


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ({}, "no service"),
        ({"dps_host": "a.net", "dps": "abc"}, "both dps_host and dps"),
        ({"dps": "abc"}, "not where it is"),
        ({"dps": "abc", "resource_group": "g"}, "not where it is"),
        ({"dps_host": "a.net", "subscription": SUBSCRIPTION}, "also resource_group or subs"),
        ({"dps_host": "https://a.net"}, "without scheme"),
        ({"dps_host": "a.net/enrollments"}, "without scheme"),
        ({"dps_host": "a..net"}, "without scheme"),
        ({"dps_host": "a.net:0"}, "without scheme"),
        ({"dps_host": "a.net", "auth": "password"}, "key or login"),
        ({"dps_host": "a.net", "allocation_policy": "custom"}, "calls a function of yours"),
        ({"dps_host": "a.net", "allocation_policy": "nearest"}, "hashed or geolatency or static"),
        ({"dps_host": "a.net", "allocation_policy": "static"}, "0 hubs, expected one"),
        ({"dps_host": "a.net", "reprovision_policy": "always"}, "never"),
        ({"dps_host": "a.net", "iot_hub": "hub:443"}, "host name of an IoT hub"),
        ({"dps_host": "a.net", "iot_hub": ["h.net", "H.net"]}, "different hubs"),
        ({"dps_host": "a.net", "arm_endpoint": "http://m.net"}, "https address"),
        ({"dps_host": "a.net", "bulk_counts_as": "calls"}, "items or call"),
        ({"dps_host": "a.net", "device_id": "{nothing}"}, "is no field"),
        ({"dps_host": "a.net", "limit": 1.5}, "whole number"),
    ],
)
def test_what_cannot_be_meant_is_refused(contents, message):
    with pytest.raises(ConfigurationError, match=message):
        read(**contents)


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("dps_host", "user:pass-word@a.net"),
        ("dps_host", STRING),
        ("connection_string_env", STRING),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(key, content):
    with pytest.raises(ConfigurationError) as caught:
        read(**{"dps_host": "a.net", key: content})
    told = caught.value.message + caught.value.hint
    assert "pass-word" not in told
    assert KEY not in told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1]", "not an object"),
        ("{", "not JSON"),
        ('{"a": NaN}', "Out of range|not JSON|compliant"),
        ('{"a": 1e999}', "Out of range|compliant"),
        ('{"a": null}', "null removes"),
        ({"a": 1 << 60}, "too large"),
        ({"a.b": 1}, "not allowed"),
        ({"$a": 1}, "not allowed"),
        ({"": 1}, "not allowed"),
        ({"a b": 1}, "not allowed"),
        ({"a" * 1025: 1}, "not allowed"),
        ({"a": "ü" * 2049}, "4,098 bytes"),
        ({f"k{number}": "x" * 1000 for number in range(9)}, "limit is 8,192"),
        ({"a": Path("x")}, "no type of JSON"),
        ({"a": "\ud800"}, "surrogates"),
        ('{"a":' * 12 + "1" + "}" * 12, "more than 10 deep"),
        ("[" * 100_000, "deep|JSON|recursion"),
        ('{"a": ' + "1" * 9999 + "}", "Exceeds the limit"),
        ("x" * 300_000, "300,000 characters"),
    ],
)
def test_tags_that_no_twin_can_hold_are_refused(content, message):
    with pytest.raises(ConfigurationError, match=message):
        read(dps_host="a.net", tags=content)


def test_desired_properties_may_be_four_times_as_large():
    content = {f"k{number}": "x" * 1000 for number in range(9)}
    assert read(dps_host="a.net", desired=content).desired
    with pytest.raises(ConfigurationError, match="limit is 32,768"):
        read(dps_host="a.net", desired={f"k{number}": "x" * 4000 for number in range(9)})


def test_a_connection_string_is_read_in_any_order_and_case():
    text = f" SharedAccessKey={KEY};hostname=My.Host:8443;SHAREDACCESSKEYNAME=owner;\n"
    found = read_connection_string(text, "VARIABLE")
    assert (found.host, found.policy, found.key) == ("my.host:8443", "owner", KEY)
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (STRING + ";GatewayHostName=x", "none of its three"),
        (STRING + ";HostName=x", "twice"),
        (STRING.replace(KEY, ""), "lacks"),
        (STRING.rpartition(";")[0], "lacks"),
        (STRING.replace(KEY, "c2VjcmV0IHNlY3JldA"), "not base64"),
        (STRING.replace(KEY, "no base64!"), "not base64"),
        (STRING.replace(KEY, "A" * 800), "not base64"),
        (STRING.replace("=o;", "=o p;"), "name of its key"),
        (STRING + "x" * 5000, "too long"),
        (KEY, "none of its three"),
    ],
)
def test_a_broken_connection_string_is_refused_without_repeating_it(text, message):
    with pytest.raises(TargetError, match=message) as caught:
        read_connection_string(text, "VARIABLE")
    told = caught.value.message + caught.value.hint
    assert "VARIABLE" in told
    assert "c2VjcmV0" not in told
    assert "my.azure" not in told


def test_settings_load_no_sdk():
    import subprocess

    program = (
        "import sys, tng.clouds.azure.settings\n"
        "print(*[name for name in sys.modules if name.startswith(('azure', 'requests'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == []
