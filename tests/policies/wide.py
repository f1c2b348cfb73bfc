"""Policies that people have: the forms in which tutorials write "everything"."""

import json


def policy(*statements, version="2012-10-17"):
    """A document of these statements, JSON."""
    return json.dumps({"Version": version, "Statement": list(statements)}).encode()


def allow(actions, resources, **more):
    """One statement that allows."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def arn(rest):
    """A resource of the account and region of the tests."""
    return f"arn:aws:iot:eu-central-1:222222222222:{rest}"


MQTT = ["iot:Connect", "iot:Publish", "iot:Receive", "iot:Subscribe"]
THING = "${iot:Connection.Thing.ThingName}"
ATTACHED = {"Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}}

TUTORIALS = {
    "everything": policy(allow("iot:*", "*")),
    "lists": policy(allow(["iot:*"], ["*"])),
    "one statement, not a list": json.dumps(
        {"Version": "2012-10-17", "Statement": allow("iot:*", "*")}
    ).encode(),
    "four actions on everything": policy(allow(MQTT, "*")),
    "an ARN of everything": policy(allow(MQTT, "arn:aws:iot:eu-central-1:222222222222:*")),
    "an ARN that is cut": policy(allow(MQTT, "arn:aws:iot:*")),
    "a statement each": policy(*(allow(action, "*") for action in MQTT)),
    "all clients and all topics": policy(
        allow("iot:Connect", arn("client/*")),
        allow(["iot:Publish", "iot:Receive"], arn("topic/*")),
        allow("iot:Subscribe", arn("topicfilter/*")),
    ),
    "MQTT's own wildcards": policy(
        allow("iot:Connect", arn("client/*")), allow("iot:Subscribe", arn("topicfilter/#"))
    ),
    "the id that the client chose": policy(allow("iot:Connect", arn("client/${iot:ClientId}"))),
    "all actions of all services": policy(allow("*", "*")),
    "everything but nothing": policy(
        {"Effect": "Allow", "NotAction": "iot:DeleteThing", "NotResource": arn("topic/secret")}
    ),
    "actions by pattern": policy(allow(["iot:Con*", "iot:?ublish"], "*")),
}
