"""Checks made while a registration is planned."""

from tng.findings.model import Check, Effect, Severity

_AWS_THINGS = "AWS IoT Core API, CreateThing"
_AWS_POLICIES = "AWS IoT Core developer guide, security best practices"
_SE05X = "NXP AN12436 rev 2.4"

PLANNING: tuple[Check, ...] = (
    Check(
        "remote-state-not-read",
        Severity.NOTICE,
        Effect.NONE,
        "The target was not read",
        "The plan was made offline, as if nothing were registered there yet.",
        "Plan again without --offline to see what is there already.",
        "tng",
    ),
    Check(
        "target-name-invalid",
        Severity.ERROR,
        Effect.NONE,
        "A name or attribute made from a template is not allowed",
        "The template names a field that a device does not have, or its value contains characters "
        "that the cloud does not allow in names. The device is left alone on that target.",
        "Choose another field, for example {device_id}, which is plain hex.",
        f"{_AWS_THINGS}; Azure DPS, service API, registrationId",
    ),
    Check(
        "target-name-duplicate",
        Severity.ERROR,
        Effect.NONE,
        "Several devices would get the same name",
        "Each device needs a name of its own; none of those that share one is registered.",
        "Add a field that differs, for example {object_id} for chips with several certificates, "
        "or {sha256}.",
        f"{_AWS_THINGS}; Azure DPS, service API, registrationId",
    ),
    Check(
        "request-not-attested",
        Severity.NOTICE,
        Effect.NONE,
        "A certificate is asked for by a request for which no vendor vouches",
        "A request proves that whoever made it has the private key. That the key was made in a "
        "secure element, and cannot leave it, is the word of whoever brought the request.",
        "Collect requests where nobody can slip one in, for example on a bench with `tng station`.",
        "RFC 2986 section 3, note 2",
    ),
    Check(
        "connectivity-object-planned",
        Severity.WARNING,
        Effect.NONE,
        "EdgeLock 2GO connectivity certificates are to be registered",
        "These objects belong to the EdgeLock 2GO service, which may replace them at any time.",
        "Register the cloud connection objects instead (F0000101, F0000111).",
        f"{_SE05X} §3",
    ),
    Check(
        "wildcard-policy",
        Severity.WARNING,
        Effect.NONE,
        "The policy lets every device act as every other",
        "It allows clients, topics or things of others: one stolen chip can publish, subscribe or "
        "connect in the name of the whole fleet.",
        "Bind the policy to the device, for example with ${iot:Connection.Thing.ThingName} or "
        "${iot:Certificate.Subject.CommonName}; `tng lint-policy` tells everything about it.",
        _AWS_POLICIES,
    ),
    Check(
        "target-needs-preparing",
        Severity.NOTICE,
        Effect.NONE,
        "Something is made on the target before the first device",
        "A policy that was asked for is not there yet and is created from the given file.",
        "Nothing to do; a dry run only says that it would be made.",
        "tng",
    ),
    Check(
        "hubs-not-checked",
        Severity.NOTICE,
        Effect.NONE,
        "Whether the IoT hubs are linked was not checked",
        "The service was given by its host name, and only Resource Manager knows its hubs.",
        "Name the service with --dps, --resource-group and --subscription to have it checked; "
        "otherwise the first enrollment tells.",
        "Azure DPS, Resource Manager API, iotHubs",
    ),
    Check(
        "expired-certificate-planned",
        Severity.WARNING,
        Effect.NONE,
        "Expired certificates are to be enrolled in Azure",
        "DPS takes the enrollment, as far as is known, but IoT hubs refuse expired certificates: "
        "the device will not connect.",
        "Use chips whose certificates are valid.",
        "Azure IoT Hub developer guide, X.509 certificates",
    ),
    Check(
        "endless-certificate-planned",
        Severity.NOTICE,
        Effect.NONE,
        "Certificates without an end are to be enrolled in Azure",
        "Their last year is 9999. No rule of DPS about them is known.",
        "Nothing to do; try one device before the whole reel.",
        "RFC 5280 §4.1.2.5",
    ),
)
