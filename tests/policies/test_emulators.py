"""The emulators, which read policies by their own code, take the examples."""

import json

import pytest

from tng.policies.examples import EXAMPLES, Place


@pytest.mark.parametrize(
    "item", [item for item in EXAMPLES if "policy" in item.name], ids=lambda item: item.name
)
def test_policies_are_taken(cloud, item):
    place = Place(cloud.eu.account, cloud.eu.region)
    client = cloud.client("iot")
    client.create_policy(policyName=item.name, policyDocument=item.render(place))
    kept = client.get_policy(policyName=item.name)["policyDocument"]
    assert json.loads(kept) == json.loads(item.render(place))
