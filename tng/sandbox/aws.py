"""A local AWS IoT, ready to be registered in: emulator, front, accounts, device gateway.

Nothing outlives it: neither the process nor the port.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tng.sandbox.accounts import DEFAULT_ACCOUNTS, SandboxAccount
from tng.sandbox.authority import CA_FILE, SandboxAuthority
from tng.sandbox.clouds import Emulator
from tng.sandbox.configuration import SideFile, TargetSection
from tng.sandbox.emulator import EmulatorProcess
from tng.sandbox.faults import Fault
from tng.sandbox.front import Front
from tng.sandbox.gateway.endpoints import accounts_by_name, endpoint_name
from tng.sandbox.gateway.fleet import fleet_quotas
from tng.sandbox.gateway.gateway import DeviceGateway
from tng.sandbox.gateway.preparation import TEMPLATE_NAME, ClaimCertificate, prepare_fleet
from tng.sandbox.preparation import (
    POLICY_NAME,
    THING_GROUP,
    THING_TYPE,
    device_policy,
    prepare_account,
)
from tng.sandbox.quotas import AWS_DEFAULT_REGISTRATIONS, quotas_for
from tng.sandbox.record import DEFAULT_LIMIT, CallLog

UNLIMITED_RATE = 1000.0
"""Registrations a second written into ``tng.toml`` where the sandbox limits nothing."""

CREDENTIALS_FILE = "credentials"
POLICY_FILE = "device-policy.json"


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running local AWS IoT. ``rate`` is registrations a second and account; 0 limits nothing.

    ``gateway`` is where devices connect, trusted by ``authority``'s CA; ``claims`` are the claim
    certificates for fleet provisioning, one an account.
    """

    accounts: tuple[SandboxAccount, ...]
    front: Front
    emulator: EmulatorProcess
    rate: float
    gateway: DeviceGateway
    authority: SandboxAuthority
    claims: tuple[ClaimCertificate, ...]

    @property
    def endpoint_url(self) -> str:
        """One endpoint for IoT, STS and IAM of all accounts and regions."""
        return self.front.endpoint_url

    @property
    def device_address(self) -> str:
        """Where devices of all accounts really connect to: host and port."""
        return self.gateway.address

    @property
    def endpoints(self) -> Mapping[str, str]:
        """The ``iot:Data-ATS`` endpoint of each target: what its devices say as SNI."""
        return {item.target: endpoint_name(item.account, item.region) for item in self.accounts}

    def variables(self, directory: Path) -> Mapping[str, str]:
        """Environment variables for devices; the files are those of `side_files`."""
        found = {
            "SANDBOX_AWS_DEVICE_ADDRESS": self.device_address,
            "SANDBOX_CA_FILE": str(directory / CA_FILE),
            "SANDBOX_FLEET_TEMPLATE": TEMPLATE_NAME,
        }
        for claim in self.claims:
            name = claim.account.target.upper().replace("-", "_")
            found[f"{name}_ENDPOINT"] = self.endpoints[claim.account.target]
            found[f"{name}_CLAIM_CERTIFICATE"] = str(directory / claim.certificate_file)
            found[f"{name}_CLAIM_KEY"] = str(directory / claim.key_file)
        return found

    def sections(self) -> tuple[TargetSection, ...]:
        """A target of ``tng.toml`` for each account."""
        rate = self.rate or UNLIMITED_RATE
        return aws_sections(self.accounts, self.endpoint_url, rate)

    def side_files(self) -> tuple[SideFile, ...]:
        """What targets and `variables` refer to: credentials, a policy, the CA, the claims."""
        claims = (
            SideFile(name, text)
            for claim in self.claims
            for name, text in (
                (claim.certificate_file, claim.certificate_pem),
                (claim.key_file, claim.key_pem),
            )
        )
        return (
            credentials_file(self.accounts),
            SideFile(POLICY_FILE, device_policy(), marked=False),
            SideFile(CA_FILE, self.authority.ca_pem),
            *claims,
        )


def aws_sections(
    accounts: Sequence[SandboxAccount], endpoint_url: str, rate: float
) -> tuple[TargetSection, ...]:
    """A target of ``tng.toml`` for each account, at ``rate`` registrations a second."""
    return tuple(
        TargetSection(
            account.target,
            {
                "cloud": "aws",
                "account": account.account,
                "region": account.region,
                "profile": account.profile,
                "endpoint_url": endpoint_url,
                "policy": POLICY_NAME,
                "thing_name": "{device_id}",
                "thing_type": THING_TYPE,
                "thing_group": THING_GROUP,
                "rate": rate,
            },
        )
        for account in accounts
    )


def credentials_file(accounts: Sequence[SandboxAccount]) -> SideFile:
    """An AWS credentials file with a profile for each account."""
    lines: list[str] = []
    for account in accounts:
        lines += [
            f"[{account.profile}]",
            f"aws_access_key_id = {account.account}",
            "aws_secret_access_key = sandbox",
            "",
        ]
    return SideFile(CREDENTIALS_FILE, "\n".join(lines))


class AwsSandbox:
    """Starts a `LocalAws`; a context manager.

    ``port`` is the front's, 0 a free one. ``rate`` is how many registrations a second an
    account may make in a region, the other quotas scale with it; 0 limits nothing. The
    faults begin after the accounts are prepared. ``log_limit`` is how many calls are kept.
    ``device_port`` is the gateway's; ``authority`` must be valid for `device_names`, ``None``
    makes one. Raises `ConfigurationError` if the emulator is missing or does not start, or a
    port is taken.
    """

    def __init__(
        self,
        accounts: Sequence[SandboxAccount] = DEFAULT_ACCOUNTS,
        *,
        emulator: Emulator = Emulator.MINISTACK,
        port: int = 0,
        device_port: int = 0,
        authority: SandboxAuthority | None = None,
        rate: float = AWS_DEFAULT_REGISTRATIONS,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        log_limit: int = DEFAULT_LIMIT,
    ) -> None:
        self._accounts = tuple(accounts)
        self._emulator = emulator
        self._port = port
        self._device_port = device_port
        self._authority = authority
        self._rate = rate
        self._faults = tuple(faults)
        self._seed = seed
        self._log_limit = log_limit
        self._stack = ExitStack()

    def __enter__(self) -> LocalAws:
        with ExitStack() as stack:
            sandbox = self._start(stack)
            self._stack = stack.pop_all()
        return sandbox

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> LocalAws:
        emulator = stack.enter_context(EmulatorProcess(self._emulator))
        front = stack.enter_context(
            Front(
                emulator.port,
                port=self._port,
                seed=self._seed,
                log=CallLog(self._log_limit),
                endpoint=endpoint_name,
            )
        )
        for account in self._accounts:
            prepare_account(front.port, account.account, account.region)
        authority = self._authority or SandboxAuthority(device_names(self._accounts))
        gateway = DeviceGateway(
            self._accounts,
            emulator.port,
            authority,
            port=self._device_port,
            quotas=fleet_quotas(self._rate),
        )
        stack.enter_context(gateway)
        claims = tuple(prepare_fleet(side.registry) for side in gateway.sides.values())
        for claim in claims:
            gateway.await_claim(claim)
        front.log.clear()
        front.limit(quotas_for(self._rate))
        front.inject(*self._faults)
        return LocalAws(self._accounts, front, emulator, self._rate, gateway, authority, claims)


def device_names(accounts: Sequence[SandboxAccount] = DEFAULT_ACCOUNTS) -> tuple[str, ...]:
    """The names that a certificate of the device gateway must be valid for."""
    return tuple(accounts_by_name(accounts))
