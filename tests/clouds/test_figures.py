"""Rates that are shares of others, as they are shown."""

import pytest

from tng.clouds.figures import figure
from tng.clouds.registry import CloudOpener, target_from_table


@pytest.mark.parametrize(
    ("rate", "shown"),
    [
        (10.0, "10"), (10 / 3, "3.33"), (100 / 3, "33.3"), (10 / 256, "0.0391"), (0.001, "0.001"),
        (900 / 7, "129"), (900.0, "900"), (1234.5, "1,234"), (7.5, "7.5"), (20000.0, "20,000"),
    ],
)  # fmt: skip
def test_a_rate_has_the_digits_that_mean_something(rate, shown):
    assert figure(rate) == shown


def test_the_rate_of_a_shard_is_shown_so():
    table = {"cloud": "azure", "dps_host": "x.azure-devices-provisioning.net", "rate": 100 / 7}
    opener = CloudOpener(threads=1, environment={}, parts=3)
    cloud = opener.open(target_from_table("t", table, "here"), lambda _, call: call())
    facts = dict(cloud.preflight(offline=True).facts)
    assert facts["rate"] == "286 operations a minute"
