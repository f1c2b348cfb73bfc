"""The main job on embedded local clouds: decode, verify, plan, register, resume, check.

Run it with ``make demo``. It writes into ./demo (or the new folder that is named), talks to
no other machine, and exits 0 only if every count is as it should be.
"""

import json
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import boto3
from azure.core.credentials import AzureNamedKeyCredential
from azure.iot.deviceprovisioning import DeviceProvisioningClient
from material import (
    GENUINE,
    LOG,
    ORDERS,
    REEL,
    REFUSED,
    TOTAL,
    write_configuration,
    write_device,
    write_material,
)
from stage import Stage, UnexpectedError

from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.aws import LocalAws
from tng.sandbox.dps.device_registration import DeviceBehaviour
from tng.sandbox.dps.sandbox import RunningDps
from tng.sandbox.local import LocalClouds, RunningClouds

DEFAULT_FOLDER = Path(__file__).resolve().parents[1] / "demo"
RATE = 30.0
"""Registrations a second and account: three times AWS's default, so that nobody waits long."""
INTERRUPT_AFTER_SECONDS = 3.0
SOURCES = f"{REEL} {LOG}"
TARGETS = "--target sandbox-eu --target sandbox-us --target sandbox-dps"
REGISTER = f"register {SOURCES} {TARGETS}"
REFUSED_AGAIN = f"the {REFUSED} bad ones are still among the sources"


def main(arguments: list[str]) -> int:
    """Play all scenes; the exit code."""
    # Ended by whoever runs us, the sandbox still has to be stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if arguments:
        folder = Path(arguments[0]).resolve()
    else:
        folder = DEFAULT_FOLDER
        shutil.rmtree(folder, ignore_errors=True)
    (folder / "reports").mkdir(parents=True)
    stage = Stage(folder)
    try:
        with LocalClouds(rate=RATE) as clouds:
            stage.use_environment(clouds.environment)
            Demo(folder, stage, clouds).play()
    except UnexpectedError as error:
        stage.fail(f"the demo failed: {error}")
        return 1
    except KeyboardInterrupt:
        stage.fail("interrupted; the local clouds are stopped")
        return 130
    stage.end()
    return 0


@dataclass(frozen=True)
class Demo:
    """The scenes, in ``folder`` and against ``clouds``, which both are running."""

    folder: Path
    stage: Stage
    clouds: RunningClouds

    def play(self) -> None:
        """All scenes in their order."""
        self.stage.title("tng: from a reel of secure elements to two AWS accounts and Azure")
        self.prepare()
        self.decode()
        self.verify()
        self.dry_run()
        self.register()
        self.ask_the_clouds()
        self.register_again()
        self.switch_a_device_on()
        self.look_at_the_way_back()
        self.audit()
        self.conclude()

    def prepare(self) -> None:
        """Write the material."""
        self.stage.scene(
            "A reel arrives",
            f"{REEL}: the manifest of 300 Trust&GO chips. {LOG}: what three SE050 printed on a\n"
            "serial console. All are of a test vendor, and among them are a forged chip, a\n"
            "duplicate, and one whose issuer was revoked.",
        )
        write_material(self.folder)
        write_configuration(self.folder, self.clouds)
        aws, azure = self.local
        places = " and ".join(f"{a.account} in {a.region}" for a in aws.accounts)
        self.stage.say(
            f"A local AWS IoT is at {aws.endpoint_url}: accounts {places}.\n"
            f"A local Azure DPS is at https://{azure.instances[0].hosts[0]}."
        )

    def decode(self) -> None:
        """Certificates as files."""
        self.stage.scene("Decode", "One certificate file a chip. Decoding believes everything.")
        self.stage.tng(f"decode {SOURCES} -o certificates --format csv --output reports/index.csv")
        files = sum(1 for _ in (self.folder / "certificates").glob("*.pem"))
        self.stage.check("certificate files (the duplicate shares its file)", files, TOTAL - 1)

    def verify(self) -> None:
        """Three are refused."""
        self.stage.scene("Verify", "Which of them are genuine, judged by pinned keys?")
        why = "there are errors, so a pipeline stops here"
        self.stage.tng(f"verify {SOURCES}", expect=1, why=why, fold="verified")
        self.stage.say("\nThe same for machines, and for spreadsheets:")
        for form in ("json", "csv"):
            command = f"-q verify {SOURCES} --format {form} --output reports/verify.{form}"
            self.stage.tng(command, expect=1)
        devices = json.loads((self.folder / "reports/verify.json").read_bytes())["devices"]
        found = Counter(device["status"] for device in devices)
        self.stage.check(f"verified, of {TOTAL}", found["verified"], GENUINE)
        self.stage.check("rejected", found["rejected"], REFUSED)

    def dry_run(self) -> None:
        """Nothing is changed."""
        self.stage.scene("Dry run", "What would be registered where? Read-only calls alone.")
        self.stage.tng(f"{REGISTER} --dry-run", expect=1, why=REFUSED_AGAIN)

    def register(self) -> None:
        """Interrupted, and resumed."""
        self.stage.scene(
            "Register, and be interrupted", "All three side by side, each at its own rate."
        )
        ledger = self.folder / "tng-ledger.db"
        self.stage.interrupted(f"{REGISTER} --yes", when=_some_time_after(ledger.exists))
        self.stage.scene("The same command goes on", "Nothing twice, nothing lost.")
        self.stage.tng(f"{REGISTER} --yes", expect=1, why=REFUSED_AGAIN)
        self.stage.tng("status")
        self.stage.tng("status --format csv --output reports/registered.csv")

    def ask_the_clouds(self) -> None:
        """Counted without tng."""
        self.stage.scene(
            "Ask the clouds themselves", "Counted by the clouds' own SDKs, not by tng."
        )
        aws, azure = self.local
        for account in aws.accounts:
            certificates, things = self._count(account)
            place = f"in {account.account} {account.region}"
            self.stage.check(f"active certificates {place}", certificates, GENUINE)
            self.stage.check(f"things {place}", things, GENUINE)
        self.stage.check("enrollments in Azure DPS", self._enrollments(), GENUINE)
        registrations = aws.front.log.registrations()
        twice = sum(count > 1 for count in registrations.values())
        self.stage.check("certificates registered twice in AWS", twice, 0)
        creations = azure.state.instances[0].creations
        twice = sum(count > 1 for count in creations.values())
        self.stage.check("devices enrolled twice in Azure", twice, 0)

    def register_again(self) -> None:
        """Nothing to do."""
        self.stage.scene("Once more", "Whoever is unsure runs it again: nothing is left to do.")
        before = self._registrations()
        self.stage.tng(f"{REGISTER} --yes", expect=1, why=REFUSED_AGAIN)
        self.stage.check("new registrations", self._registrations() - before, 0)

    def switch_a_device_on(self) -> None:
        """One device registers itself with its key, while tng watches."""
        self.stage.scene(
            "A device is switched on",
            "Enrolled devices are unassigned until they come. This one has its key in a file, as\n"
            "only a simulated one can; it asks the service for its IoT hub over MQTT.",
        )
        _, azure = self.local
        azure.registrations.behave(DeviceBehaviour(assigning_polls=2, retry_seconds=2))
        device = write_device(self.folder)
        scope, address = azure.instances[0].id_scope, azure.device_address
        files = f"--certificate device/{device}.pem --key device/{device}.key"
        self.stage.tng_beside(
            f"watch --target sandbox-dps --device {device} --interval 0.5 --timeout 60",
            f"check-device --cloud azure {files} --id-scope {scope} "
            f"--provisioning-host {address} --ca-file {azure.ca_file.name} --timeout 50",
        )
        status = azure.instance("sandbox-dps").enrollments[device.lower()].registration or {}
        self.stage.check(f"the service says that {device} is", status.get("status"), "assigned")

    def look_at_the_way_back(self) -> None:
        """What deregister would do."""
        self.stage.scene("The way back", "What the ledger says tng made, and nothing else.")
        self.stage.tng("deregister --target sandbox-us --dry-run")

    def audit(self) -> None:
        """The report for those who sign it off."""
        self.stage.scene(
            "The audit",
            f"{ORDERS} is what was bought. Did that come, is it genuine, is it where it should\n"
            "be and nowhere else? One page for the auditor, one workbook for procurement.",
        )
        reports = " ".join(f"--output reports/audit.{form}" for form in ("html", "xlsx", "json"))
        self.stage.tng(
            f"audit {SOURCES} --expect {ORDERS} {TARGETS} {reports}",
            expect=1,
            why="three chips are not acceptable, and so three are missing",
        )
        audit = json.loads((self.folder / "reports/audit.json").read_bytes())
        genuine = [device for device in audit["devices"] if device["status"] == "verified"]
        standings = Counter(item["standing"] for device in genuine for item in device["targets"])
        self.stage.check("registrations in place", standings["in-place"], 3 * GENUINE)

    def conclude(self) -> None:
        """Where everything is."""
        self.stage.scene("Done", f"{GENUINE} chips are in all three, {REFUSED} are in none.")
        self.stage.say(
            f"What is left to look at, in {self.folder}:\n"
            "  reports/audit.html                the audit: open it in a browser\n"
            "  reports/audit.xlsx, audit.json    the same as a workbook, and for programs\n"
            "  reports/verify.json, verify.csv   every chip, and why it was refused\n"
            "  reports/registered.csv            where every chip is\n"
            "  reports/index.csv, certificates/  what was decoded\n"
            "  tng.toml, tng-ledger.db           the three targets; what was done there"
        )

    def _registrations(self) -> int:
        aws, azure = self.local
        registered = aws.front.log.counts()["RegisterCertificateWithoutCA"]
        return registered + azure.state.instances[0].creations.total()

    @property
    def local(self) -> tuple[LocalAws, RunningDps]:
        """Both clouds."""
        if self.clouds.aws is None or self.clouds.azure is None:
            raise UnexpectedError("a local cloud is not running")
        return self.clouds.aws, self.clouds.azure

    def _enrollments(self) -> int:
        """Individual enrollments, as Azure's SDK lists them."""
        _, azure = self.local
        instance = azure.instances[0]
        policy, key = next(iter(instance.keys.items()))
        with DeviceProvisioningClient(
            instance.hosts[0],
            AzureNamedKeyCredential(policy, key),
            connection_verify=str(azure.ca_file),
        ) as client:
            return sum(1 for _ in client.enrollment.query({"query": "SELECT * FROM enrollments"}))

    def _count(self, account: SandboxAccount) -> tuple[int, int]:
        """Active certificates and things of an account."""
        client = boto3.client(
            "iot",
            region_name=account.region,
            endpoint_url=self.local[0].endpoint_url,
            aws_access_key_id=account.account,
            aws_secret_access_key="sandbox",  # noqa: S106 - every sandbox account has this one
        )
        pages = client.get_paginator("list_certificates").paginate()
        states = [item["status"] for page in pages for item in page["certificates"]]
        pages = client.get_paginator("list_things").paginate()
        return states.count("ACTIVE"), sum(len(page["things"]) for page in pages)


def _some_time_after(begun: Callable[[], bool]) -> Callable[[], bool]:
    """True from `INTERRUPT_AFTER_SECONDS` after the first time that ``begun`` holds."""
    since: list[float] = []

    def reached() -> bool:
        if not since and begun():
            since.append(time.monotonic())
        return bool(since) and time.monotonic() - since[0] > INTERRUPT_AFTER_SECONDS

    return reached


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
