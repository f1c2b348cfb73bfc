"""Checks of policy documents (``tng lint-policy``)."""

from tng.findings.model import Check, Effect, Severity

_GUIDE = "AWS IoT Core developer guide"
_ELEMENTS = f"{_GUIDE}, AWS IoT Core policies; IAM user guide, JSON policy grammar"
_ACTIONS = f"{_GUIDE}, AWS IoT Core action resources"
_VARIABLES = f"{_GUIDE}, AWS IoT Core policy variables"
_THING_VARIABLES = f"{_GUIDE}, Thing policy variables"
_WILDCARDS = f"{_GUIDE}, Using wildcard characters in MQTT and AWS IoT Core policies"
_PRACTICES = f"{_GUIDE}, Security best practices in AWS IoT Core"
_PERMISSIVE = "AWS IoT Device Defender, audit check IOT_POLICY_OVERLY_PERMISSIVE_CHECK"
_MISCONFIGURED = "AWS IoT Device Defender, audit check IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK"
_CLAIMS = f"{_GUIDE}, Provisioning by claim"
_TEMPLATES = f"{_GUIDE}, Provisioning templates"
_QUOTAS = "AWS IoT Core endpoints and quotas"
_EXAMPLE = "`tng examples device-policy` prints one"


def _check(
    code: str, severity: Severity, title: str, meaning: str, remedy: str, source: str
) -> Check:
    return Check(code, severity, Effect.NONE, title, meaning, remedy, source)


POLICIES: tuple[Check, ...] = (
    _check(
        "policy-unreadable",
        Severity.ERROR,
        "The policy file cannot be read",
        "It is not there, is not JSON, or is far larger than any policy.",
        "Check the path; a JSON editor shows the place that the message names.",
        "RFC 8259",
    ),
    _check(
        "policy-syntax",
        Severity.ERROR,
        "AWS would refuse the document, or read it otherwise than people",
        "A member is missing, unknown, of the wrong type, or comes twice.",
        "Correct what the message names.",
        _ELEMENTS,
    ),
    _check(
        "policy-version",
        Severity.ERROR,
        "The policy's language version is not 2012-10-17",
        "In older versions ${…} is text, so that no variable is replaced.",
        'Write "Version": "2012-10-17".',
        _ELEMENTS,
    ),
    _check(
        "policy-too-long",
        Severity.ERROR,
        "The document is longer than AWS takes",
        "2,048 characters of a policy, 10,240 of a template; white space is not counted.",
        "Leave out Sids, use variables and wildcards behind them, or attach a second policy.",
        _QUOTAS,
    ),
    _check(
        "policy-all-resources",
        Severity.ERROR,
        "A statement allows its actions on everything",
        "Every chip can act as every other: one stolen device speaks and listens for the fleet.",
        f"Name client, topics and filters by variables of the device; {_EXAMPLE}.",
        _PERMISSIVE,
    ),
    _check(
        "policy-any-client",
        Severity.ERROR,
        "Any chip can connect with the client id of any other",
        "A second connection with an id ends the first one, and topics by ${iot:ClientId} follow "
        "it. ${iot:ClientId} in iot:Connect allows every id: the device chooses it.",
        "Allow iot:Connect on client/${iot:Connection.Thing.ThingName}, or on "
        "client/${iot:Certificate.Subject.CommonName} for chips without things.",
        _PERMISSIVE,
    ),
    _check(
        "policy-all-topics",
        Severity.ERROR,
        "A device can publish or listen to every topic",
        "The wildcard stands in the first level, so that topics of all devices, and AWS's own "
        "($aws/…), are among them.",
        f"Put a level of your own and a variable of the device before the wildcard; {_EXAMPLE}.",
        _PERMISSIVE,
    ),
    _check(
        "policy-other-things",
        Severity.ERROR,
        "A device can read or change shadows, jobs or events of others",
        "The thing's name is a wildcard in $aws/… or thing/….",
        "Write ${iot:Connection.Thing.ThingName} in its place.",
        _PERMISSIVE,
    ),
    _check(
        "policy-role-alias",
        Severity.ERROR,
        "A device can get AWS credentials of any role alias",
        "With iot:AssumeRoleWithCertificate on a wildcard, a device chooses among all roles that "
        "the account has for devices.",
        "Name the one role alias, or take the action out.",
        f"{_GUIDE}, Authorizing direct calls to AWS services",
    ),
    _check(
        "policy-inverted",
        Severity.ERROR,
        "A statement allows everything but what it names",
        "NotAction and NotResource with Allow take in all that AWS adds later.",
        "Name what is allowed.",
        _ELEMENTS,
    ),
    _check(
        "policy-variable-unknown",
        Severity.ERROR,
        "A variable does not exist",
        "AWS replaces it by nothing, and the statement never applies.",
        "Correct its name: iot:Connection.Thing.ThingName, iot:Certificate.Subject.CommonName, "
        "iot:CertificateId and iot:ClientId are the usual ones.",
        _VARIABLES,
    ),
    _check(
        "policy-placeholder",
        Severity.ERROR,
        "Something was not filled in",
        "Words of a documentation page or of a tool stand where account, region or names belong; "
        "the statement never applies.",
        "Fill it in. Account and region may be * in policies of AWS IoT.",
        _ELEMENTS,
    ),
    _check(
        "policy-all-actions",
        Severity.WARNING,
        "A statement allows all actions",
        "It takes in what AWS adds later, and more than devices need.",
        "Name the actions: iot:Connect, iot:Publish, iot:Receive, iot:Subscribe.",
        _PRACTICES,
    ),
    _check(
        "policy-topics-shared",
        Severity.WARNING,
        "Devices share topics that they can write or read by wildcard",
        "There is no variable of the device before the wildcard, so that each can speak for, or "
        "listen to, the others below that prefix.",
        "Put a variable before the wildcard. Name topics that are meant for all without one.",
        _PERMISSIVE,
    ),
    _check(
        "policy-client-by-condition",
        Severity.WARNING,
        "Only a condition ties the client id to the device",
        "iot:Connection.Thing.IsAttached holds where the client id is the thing's name; a thing "
        "attached exclusively may use any id, and end the connection of another device.",
        "Name the client as client/${iot:Connection.Thing.ThingName} besides.",
        _THING_VARIABLES,
    ),
    _check(
        "policy-wildcard-beside-variable",
        Severity.WARNING,
        "A wildcard stands before a variable, or behind it in the same level",
        "* also matches /. What is meant for one device can be matched by the text of another, "
        "whose name begins or ends alike.",
        "Put fixed levels before the variable, and a / behind it.",
        _WILDCARDS,
    ),
    _check(
        "policy-mqtt-wildcard",
        Severity.WARNING,
        "An MQTT wildcard stands where policies do not know it",
        "+ and # are plain characters in policies: as a topic they match nothing that is ever "
        "published, in a Deny they leave all other filters allowed.",
        "Write * in topics. In a Deny write * too, and deny iot:Receive on the topics.",
        _MISCONFIGURED,
    ),
    _check(
        "policy-resource-type",
        Severity.WARNING,
        "Actions and resources do not fit together",
        "iot:Connect acts on client/, iot:Publish and iot:Receive on topic/, iot:Subscribe on "
        "topicfilter/, shadows and jobs over HTTPS on thing/. Others never match.",
        "Name a resource of the action's type, or take the one out that no action acts on.",
        _ACTIONS,
    ),
    _check(
        "policy-thing-may-be-missing",
        Severity.WARNING,
        "The thing's name is used where there may be no thing",
        "Without a thing the variable has no value and the statement never applies.",
        "Use ${iot:Certificate.Subject.CommonName} or ${iot:CertificateId}, or give every device "
        "a thing.",
        _THING_VARIABLES,
    ),
    _check(
        "policy-not-for-devices",
        Severity.WARNING,
        "Actions that a certificate cannot be used for",
        "AWS's control plane asks for AWS credentials; in a policy of a certificate these actions "
        "do nothing, or are misspelt.",
        "Take them out, or correct them; roles get theirs from IAM.",
        f"{_GUIDE}, AWS IoT Core policy actions",
    ),
    _check(
        "policy-thing-not-attached",
        Severity.NOTICE,
        "Connecting by the thing's name does not ask for the certificate's own thing",
        "With the condition a certificate that is attached to no thing cannot connect.",
        'Add "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}}.',
        _THING_VARIABLES,
    ),
    _check(
        "policy-retained",
        Severity.NOTICE,
        "Devices can publish retained messages",
        "They stay until they are replaced, are sent to every later subscriber, and are charged.",
        "Take iot:RetainPublish out where it is not needed.",
        f"{_GUIDE}, MQTT retained messages",
    ),
    _check(
        "policy-duplicate",
        Severity.NOTICE,
        "Two statements say the same",
        "Probably one of them was meant to say something else.",
        "Take one out, or correct it.",
        "tng",
    ),
    _check(
        "policy-claim-too-wide",
        Severity.ERROR,
        "A claim can do more than ask for a certificate",
        "Many devices share a claim, and it is the first thing that gets stolen. Whoever has it "
        "must not reach the topics of devices.",
        "Allow the topics of create-from-csr and of the one template; "
        "`tng examples claim-policy` prints such a policy.",
        _CLAIMS,
    ),
    _check(
        "policy-claim-any-template",
        Severity.ERROR,
        "A claim can use every provisioning template",
        "Another template may give more rights, or make things of another kind.",
        "Name the template.",
        _CLAIMS,
    ),
    _check(
        "policy-claim-any-client",
        Severity.ERROR,
        "A claim can connect with the client id of a device",
        "Whoever has it can end the connection of every device in the field.",
        "Allow client ids with a prefix that no thing has, for example client/tng-*.",
        _CLAIMS,
    ),
    _check(
        "policy-template-parameter",
        Severity.ERROR,
        "A parameter is not declared, not used, or no String",
        "RegisterThing takes texts, and fails for whatever is missing.",
        'Declare it: "SerialNumber": {"Type": "String"}; or take it out.',
        _TEMPLATES,
    ),
    _check(
        "policy-template-device-chooses",
        Severity.ERROR,
        "The device chooses its own rights",
        "Whoever has a claim fills in the parameters: policy, status and groups must not be "
        "among what they decide.",
        "Write the value into the template.",
        _TEMPLATES,
    ),
    _check(
        "policy-template-certificate-status",
        Severity.WARNING,
        "The certificate is not made active",
        "The device cannot connect until somebody activates it.",
        'Write "Status": "Active", unless that is what is wanted.',
        _TEMPLATES,
    ),
    _check(
        "policy-template-incomplete",
        Severity.WARNING,
        "The template makes no working device",
        "It needs a certificate and a policy.",
        "Add what the message names; `tng examples provisioning-template` prints a whole one.",
        _TEMPLATES,
    ),
    _check(
        "policy-template-override",
        Severity.WARNING,
        "A claim can rewrite things that are there already",
        "Whoever has a claim and knows the name of a thing replaces its type, groups or "
        "attributes.",
        "Write FAIL or DO_NOTHING, and check serial numbers in a pre-provisioning hook.",
        _TEMPLATES,
    ),
)
"""In the order in which ``tng checks`` lists them."""
