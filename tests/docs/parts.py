"""Parts of a `World`, each with what it replaces: a page names those that its commands need."""

import os
import re
import secrets
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path

import boto3
import pytest

from tests import postgres
from tests.cli.processes import environment
from tests.distributed import processes
from tests.distributed.authority import one_certificate, settings
from tests.docs.world import World
from tests.sandbox.dps.devices import VENDOR
from tests.station.simulated import Console, bay, patient_device
from tests.storage.buckets import (
    AZURITE_ACCOUNT,
    aws_environment,
    make_bucket,
    serve_azurite,
    serve_s3,
)
from tng.sandbox.local import LocalClouds, RunningClouds
from tng.sandbox.preparation import device_policy
from tng.testing.manifest import make_entries, write_manifest

PIN = "4711"
_MODULE = "/usr/lib/softhsm/libsofthsm2.so"
_ENDPOINT = "a1b2c3-ats.iot.eu-central-1.amazonaws.com"


def clouds(world: World) -> None:
    """Local clouds as the targets of examples/tng.toml, and as what the environment leads to."""
    running = world.stack.enter_context(LocalClouds(rate=0, directory=world.folder / "tng-sandbox"))
    assert running.aws is not None
    assert running.azure is not None
    _write_targets(world, running)
    world.environment |= dict(running.environment)
    connection = world.environment["SANDBOX_DPS_CONNECTION_STRING"]
    world.environment |= {
        "TNG_CONFIG": "tng.toml",
        "TNG_DPS_CONNECTION_STRING": connection,
        "AWS_ENDPOINT_URL": running.aws.endpoint_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_PROFILE": running.aws.accounts[0].profile,
    }
    for ending in ("pem", "key"):
        shutil.copy(world.folder / f"tng-sandbox/sandbox-eu-claim.{ending}",
                    world.folder / f"claim.{ending}")  # fmt: skip
    _make_policy(running, "fleet")
    ca, address = f"--ca-file {running.ca_file}", running.aws.device_address
    world.replacements |= {
        _ENDPOINT: f"{running.aws.endpoints['sandbox-eu']} --address {address} {ca}",
        "--template Boards": "--template tng-fleet",
        "contoso-dps.azure-devices-provisioning.net": f"{running.azure.instances[0].hosts[0]} {ca}",
        "connect --cloud azure": f"connect --cloud azure --hub-address {running.azure.hub_address}",
        "0ne00012345": f"{running.azure.instances[0].id_scope} {ca} "
        f"--provisioning-host {running.azure.device_address}",
        # A key in a token connects to the endpoint's own address alone.
        "connect --target production-eu": "connect --target production-eu --endpoint localhost "
        f"--port {address.rpartition(':')[2]} {ca}",
    }


def _write_targets(world: World, running: RunningClouds) -> None:
    written = running.files.configuration.read_text().replace(
        'ca_file = "sandbox-ca.pem"', f'ca_file = "{running.ca_file}"'
    )
    production = written.replace("[targets.sandbox-", "[targets.production-")
    # registering.md calls its one target so.
    (alone,) = re.findall(r"^\[targets.sandbox-eu\]\n(?:.+\n)+", written, re.MULTILINE)
    short = alone.replace("sandbox-eu]", "eu]")
    with (world.folder / "tng.toml").open("a") as stream:
        stream.write(f"{production}\n{short}")


def _make_policy(running: RunningClouds, name: str) -> None:
    assert running.aws is not None
    account = running.aws.accounts[0]
    client = boto3.client(
        "iot", region_name=account.region, endpoint_url=running.aws.endpoint_url,
        aws_access_key_id=account.account, aws_secret_access_key="sandbox",
    )  # fmt: skip
    client.create_policy(policyName=name, policyDocument=device_policy())
    running.aws.front.log.clear()


def devices(world: World) -> None:
    """The device whose files are d.pem and d.key is registered; after `clouds`."""
    with (world.folder / "one.json").open("wb") as stream:
        write_manifest(stream, make_entries(VENDOR, 1))
    world.tng("tng register one.json --target production-eu --target production-dps --yes")
    world.replacements["0123a1b2c3d4e5f6ee"] = VENDOR.device(0).unique_id


def objects(world: World) -> None:
    """A bucket of S3 with manifests and orders; after `clouds`, if both are wanted."""
    endpoint = world.stack.enter_context(serve_s3())
    if "AWS_PROFILE" in world.environment:
        world.environment["AWS_ENDPOINT_URL_S3"] = endpoint
    else:
        world.environment |= aws_environment(endpoint)
    # A bucket stays as long as the process that served it.
    bucket = make_bucket(endpoint, f"factory-{secrets.token_hex(8)}")
    world.replacements["s3://factory/"] = f"{bucket.url}/"
    bucket.put("reels/reel-7.json", (world.folder / "reel-7.json").read_bytes())
    bucket.put("orders.csv", (world.folder / "orders.csv").read_bytes())


def blobs(world: World) -> None:
    """A container of Azure Blob Storage; skipped without Azurite."""
    from azure.storage.blob import BlobServiceClient

    connection = world.stack.enter_context(serve_azurite(world.folder))
    world.environment["AZURE_STORAGE_CONNECTION_STRING"] = connection
    shutil.make_archive(str(world.folder / "reel-7"), "zip", world.folder / "reels")
    with BlobServiceClient.from_connection_string(connection) as service:
        container = service.create_container("factory")
        container.upload_blob("reel-7.zip", (world.folder / "reel-7.zip").read_bytes())
    world.replacements["@contoso."] = f"@{AZURITE_ACCOUNT}."


def token(world: World) -> None:
    """Tokens of SoftHSM2 with the keys that the pages name; skipped without it."""
    missing = [name for name in ("softhsm2-util", "pkcs11-tool") if not shutil.which(name)]
    if missing or not Path(_MODULE).exists():
        pytest.skip(f"not installed: {', '.join(missing) or _MODULE}")
    (world.folder / "tokens").mkdir()
    configuration = world.folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {world.folder / 'tokens'}\n")
    world.environment |= {"SOFTHSM2_CONF": str(configuration), "TNG_PKCS11_PIN": PIN}
    world.replacements["/usr/lib/libcryptoauth.so"] = _MODULE
    for label in ("MCHP", "chips"):
        _run(world, "softhsm2-util", "--init-token", "--free", "--label", label,
             "--pin", PIN, "--so-pin", "87654321")  # fmt: skip
    _run(world, "pkcs11-tool", "--module", _MODULE, "--token-label", "MCHP", "--login",
         "--pin", PIN, "--keypairgen", "--key-type", "EC:prime256v1", "--label", "device",
         "--id", "01")  # fmt: skip
    _run(world, "softhsm2-util", "--import", "d.key", "--token", "chips", "--label", "sn0123",
         "--id", "02", "--pin", PIN)  # fmt: skip


def _run(world: World, *words: str) -> None:
    environment = {**os.environ, **world.environment}
    subprocess.run(words, cwd=world.folder, env=environment, check=True, capture_output=True)


def ports(world: World) -> None:
    """Serial ports: at one a board that asks for a certificate, at the other one that dumps."""
    boards = world.stack.enter_context(bay(world.folder / "boards"))
    dumps = world.stack.enter_context(bay(world.folder / "dumping"))
    log = (world.folder / "manifests/se05x-serial.log").read_text("utf-8", "surrogateescape")

    def dump(console: Console) -> None:
        console.say(log)

    world.before |= {
        "tng station --port /dev/ttyUSB0": lambda: boards.plug_in(patient_device(9)),
        "tng station --port /dev/ttyACM0": lambda: dumps.plug_in(dump),
    }
    world.replacements |= {
        "/dev/ttyUSB0": f"{boards.path} --count 1",
        "/dev/ttyACM0": f"{dumps.path} --count 3",
    }


def dumps(world: World) -> None:
    """Dumps and an old manifest, with who vouches for them in files of their own."""
    manifests = world.folder / "manifests"
    (world.folder / "dumps").mkdir()
    for name, copied in (
        ("dumps/serial.log", "se05x-serial.log"),
        ("our-root.pem", "trust/nxp-roots.pem"),
        ("variant.der", "trust/nxp-intermediates.pem"),
        ("old.json", "early-lora.json"),
        ("log-signer.crt", "trust/expired-manifest-signer.pem"),
    ):
        shutil.copy(manifests / copied, world.folder / name)


def database(world: World) -> None:
    """A database in PostgreSQL, without TLS; skipped without a server."""
    url = postgres.cluster().create()
    world.replacements |= {
        "postgresql://tng@db.example/fleet?sslmode=verify-full&sslrootcert=system": url,
        "postgresql://tng@db.example/fleet": url,
    }


def dask(world: World) -> None:
    """Two clusters, of which one demands certificates; after `objects`, whose users they are."""
    one_certificate(world.folder)
    for role in ("scheduler", "worker", "client"):
        shutil.copy(world.folder / "ca.pem", world.folder / f"{role}.pem")
        shutil.copy(world.folder / "key.pem", world.folder / f"{role}.key")
    env = environment(**world.environment)
    world.replacements |= {
        "tcp://scheduler:8786": _cluster(world.stack, world.folder / "plain", env),
        "tls://scheduler:8786": _cluster(
            world.stack, world.folder / "tls", {**env, **settings(world.folder)}, world.folder
        ),
    }


def _cluster(stack: ExitStack, folder: Path, env: dict[str, str], trust: Path | None = None) -> str:
    from tests.distributed.authority import security

    folder.mkdir()
    running = stack.enter_context(processes.scheduler(folder, env=env))
    stack.enter_context(processes.workers(running, 1, env, security(trust) if trust else None))
    return running.address
