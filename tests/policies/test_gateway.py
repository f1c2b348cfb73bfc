"""The examples do what they say, by the judgment of the sandbox's device gateway.

It reads and decides on policies by code of its own, which shares nothing with `tng.policies`.
"""

import os
import subprocess
import sys

import botocore.session
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.judging import ROOT
from tests.policies.wide import TUTORIALS
from tng.policies.examples import Place, example
from tng.sandbox.clouds import LocalCloud
from tng.sandbox.local import LocalClouds
from tng.testing.certificates import pem
from tng.testing.nxp import NxpVendor
from tng.testing.requests import board_key
from tng.x509.pem import read_certificate_file

pytestmark = pytest.mark.slow

VENDOR = NxpVendor("policies")
CONNECTED, REFUSED = 0, 5


class Plant:
    """A running sandbox and its first account, with an SDK client and the real ``tng``."""

    def __init__(self, folder, clouds):
        self.folder = folder
        self.aws = clouds.aws
        self.environment = {**os.environ, **clouds.environment, "PYTHONPATH": str(ROOT)}
        self.ca_file = clouds.ca_file
        account = self.aws.accounts[0]
        self.endpoint = self.aws.endpoints[account.target]
        self.place = Place(account.account, account.region)
        self.iot = botocore.session.Session().create_client(
            "iot",
            region_name=account.region,
            endpoint_url=self.aws.endpoint_url,
            aws_access_key_id=account.account,
            aws_secret_access_key="sandbox",
        )

    def policy(self, name):
        """Make the example's policy in the account, once."""
        self.iot.create_policy(policyName=name, policyDocument=example(name).render(self.place))

    def device(self, number, policy, thing=""):
        """Register a chip with a policy, and with a thing if one is named; its common name."""
        chip = VENDOR.chip(number)
        (self.folder / f"{number}.pem").write_text(pem(chip.certificate))
        secret = VENDOR.chip_key(number).private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        (self.folder / f"{number}.key").write_bytes(secret)
        made = self.iot.register_certificate_without_ca(
            certificatePem=pem(chip.certificate), status="ACTIVE"
        )
        self.iot.attach_policy(policyName=policy, target=made["certificateArn"])
        if thing:
            self.iot.create_thing(thingName=thing)
            self.iot.attach_thing_principal(thingName=thing, principal=made["certificateArn"])
        return chip.uid.upper()

    def connect(self, files, client_id, topic, expect):
        """``tng connect`` as that client, publishing to and receiving from ``topic``."""
        self.tng(
            "connect", "--cloud", "aws", "--endpoint", self.endpoint,
            "--address", self.aws.device_address, "--ca-file", self.ca_file,
            "--certificate", f"{files}.pem", "--key", f"{files}.key",
            "--client-id", client_id, "--topic", topic, expect=expect,
        )  # fmt: skip

    def claim(self, policy):
        """Give the account's claim this policy besides; the options that name its files."""
        claim = self.aws.claims[0]
        for name, text in (("claim.pem", claim.certificate_pem), ("claim.key", claim.key_pem)):
            (self.folder / name).write_text(text)
        # A claim is registered when it first connects.
        self.connect("claim", "tng-first", "devices/pump-1/state", REFUSED)
        (certificate,) = read_certificate_file(claim.certificate_pem.encode())
        target = f"{self.place.arn}:cert/{certificate.sha256}"
        self.iot.attach_policy(policyName=policy, target=target)
        return ("--claim-certificate", "claim.pem", "--claim-key", "claim.key")

    def provision(self, request, template, folder, claim):
        """``tng fleet-provision`` for one request; its certificates go into ``folder``."""
        self.tng(
            "fleet-provision", ROOT / "manifests" / "csr" / request, *claim,
            "--endpoint", self.endpoint, "--address", self.aws.device_address,
            "--ca-file", self.ca_file, "--template", template, "--certificates", folder,
            "--parameter", "SerialNumber={device_id}", expect=0,
        )  # fmt: skip

    def tng(self, *arguments, expect):
        done = subprocess.run(
            [sys.executable, "-m", "tng", *map(str, arguments)], cwd=self.folder,
            env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=90, check=False,
        )  # fmt: skip
        assert done.returncode == expect, done.stdout + done.stderr


@pytest.fixture(scope="module")
def plant(tmp_path_factory):
    with LocalClouds((LocalCloud.AWS,), rate=0) as clouds:
        plant = Plant(tmp_path_factory.mktemp("plant"), clouds)
        yield plant
        plant.iot.close()


def test_a_device_with_a_thing_reaches_its_own_topics_and_no_others(plant):
    plant.policy("device-policy")
    plant.device(0, "device-policy", "pump-1")
    plant.device(1, "device-policy", "pump-2")
    plant.device(2, "device-policy")
    plant.connect(0, "pump-1", "devices/pump-1/state", CONNECTED)
    plant.connect(0, "pump-1", "devices/pump-2/state", REFUSED)
    plant.connect(0, "pump-2", "devices/pump-2/state", REFUSED)
    plant.connect(2, "pump-1", "devices/pump-1/state", REFUSED)


def test_a_device_without_a_thing_reaches_what_its_common_name_says(plant):
    plant.policy("device-policy-without-thing")
    name = plant.device(3, "device-policy-without-thing")
    other = plant.device(4, "device-policy-without-thing")
    plant.connect(3, name, f"devices/{name}/state", CONNECTED)
    plant.connect(3, name, f"devices/{other}/state", REFUSED)
    plant.connect(3, other, f"devices/{other}/state", REFUSED)


def test_a_claim_can_provision_and_nothing_else(plant):
    plant.policy("claim-policy")
    claim = plant.claim("claim-policy")
    (target,) = plant.iot.list_targets_for_policy(policyName="tng-claim")["targets"]
    plant.iot.detach_policy(policyName="tng-claim", target=target)
    plant.provision("board-1.csr", "tng-fleet", "first", claim)
    plant.connect("claim", "tng-0123", "devices/pump-1/state", REFUSED)
    plant.connect("claim", "pump-1", "devices/pump-1/state", REFUSED)


def test_the_policy_of_tutorials_lets_a_chip_act_as_another(plant):
    plant.iot.create_policy(policyName="wide", policyDocument=TUTORIALS["everything"].decode())
    plant.device(5, "wide", "pump-5")
    plant.connect(5, "pump-6", "devices/pump-7/state", CONNECTED)


def test_the_provisioning_template_makes_a_device_that_connects(plant):
    plant.iot.create_policy(
        policyName="tng-board", policyDocument=example("device-policy").render(plant.place)
    )
    template = example("provisioning-template").render(Place(policy="tng-board"))
    plant.iot.create_provisioning_template(
        templateName="line-2", templateBody=template, enabled=True,
        provisioningRoleArn=f"arn:aws:iam::{plant.place.account}:role/provisioning",
    )  # fmt: skip
    allowed = example("claim-policy").render(Place(template="line-2"))
    plant.iot.create_policy(policyName="claim-2", policyDocument=allowed)
    plant.provision("board-2.csr", "line-2", "second", plant.claim("claim-2"))
    (certificate,) = (plant.folder / "second").glob("*.pem")
    thing = certificate.stem
    secret = board_key(2).private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate.with_suffix(".key").write_bytes(secret)
    plant.connect(f"second/{thing}", thing, f"devices/{thing}/state", CONNECTED)
    plant.connect(f"second/{thing}", thing, "devices/pump-1/state", REFUSED)
