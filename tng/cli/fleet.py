"""From options to a fleet issuer; what the commands that provision share."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tng.cli.console import talk
from tng.cli.fleet_options import IssuedFormat
from tng.cli.output import is_colored, open_judged_output
from tng.cli.secrets import KEY_PASSPHRASE_VARIABLE, ask_claim_pin, ask_secret
from tng.cli.token_options import read_pin, token_uri
from tng.errors import UsageError
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.apply.stopping import StopSignal
    from tng.csr.issuing import IssuingRefused
    from tng.device.link import DeviceCredentials, DeviceEndpoint, DeviceLink
    from tng.ledger import Ledger
    from tng.provisioning.caller import FleetService
    from tng.provisioning.issuer import FleetIssuer
    from tng.provisioning.result import DeviceResult
    from tng.provisioning.template import ParameterTemplates
    from tng.report.issued import IssuedTally


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """The options of fleet provisioning, by their names."""

    endpoint: str | None
    port: int | None
    template: str | None
    claim_certificate: Path | None
    claim_key: str | None
    claim_pkcs11: str | None
    claim_token: str | None
    claim_pin_file: Path | None
    address: str | None
    ca_file: Path | None
    parameters: tuple[str, ...]
    client_id: str | None
    certificates: Path
    timeout: float
    again: bool
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FleetSetup:
    """What follows from the options before anything is connected or opened."""

    service: "FleetService"
    endpoint: "DeviceEndpoint"
    parameters: "ParameterTemplates"
    keep: frozenset[str]


def fleet_setup(options: FleetOptions) -> FleetSetup:
    """Check what was given; raises `UsageError`."""
    from uuid import uuid4

    from tng.device.addresses import read_address, read_endpoint
    from tng.device.link import AWS_PORT, DeviceEndpoint
    from tng.provisioning.caller import FleetService
    from tng.provisioning.keeping import wanted_certificates
    from tng.provisioning.template import ParameterTemplates, check_template_name

    if options.endpoint is None or options.template is None:
        raise UsageError(
            "fleet provisioning needs --endpoint and --template",
            "`aws iot describe-endpoint --endpoint-type iot:Data-ATS` says the endpoint.",
        )
    host, port = read_endpoint(options.endpoint, options.port, default_port=AWS_PORT)
    address = options.address and read_address(
        options.address, default_port=port, hint="Say 127.0.0.1:8883, for example."
    )
    client_id = options.client_id or f"tng-{uuid4().hex[:12]}"
    return FleetSetup(
        FleetService(host, check_template_name(options.template), client_id),
        DeviceEndpoint(host, port, address or None, options.ca_file),
        ParameterTemplates.parse(options.parameters),
        wanted_certificates(options.keep),
    )


@contextmanager
def opened_fleet_issuer(
    options: FleetOptions,
    ledger: "Ledger",
    command: str,
    stop: "StopSignal",
    is_cut_short: "Callable[[], bool] | None" = None,
) -> "Iterator[FleetIssuer]":
    """The issuer of these options, with a run of the ledger; raises `TngError`.

    ``is_cut_short`` says at the end whether the run was interrupted, if not as ``stop`` does.
    """
    from tng.device.links import open_link, require_client
    from tng.device.tls import trusting_context
    from tng.provisioning.caller import FleetCaller
    from tng.provisioning.issuer import FleetIssuer, Provisioning
    from tng.provisioning.saving import ResultFolder

    setup = fleet_setup(options)
    credentials = _credentials(options)
    # What cannot be used is said before the ledger has any intent.
    require_client(credentials)
    trusting_context(options.ca_file)
    service = setup.service

    def opened(seconds: float) -> "DeviceLink":
        return open_link(setup.endpoint, credentials, service.client_id, timeout_seconds=seconds)

    provisioning = Provisioning(
        setup.parameters, ResultFolder(options.certificates, say), options.timeout, options.again,
        setup.keep,
    )  # fmt: skip
    caller = FleetCaller(service, opened, stop)
    with FleetIssuer(
        service,
        caller,
        provisioning,
        ledger,
        command=command,
        tell=say,
        stop=stop,
        is_cut_short=is_cut_short,
    ) as issuer:
        yield issuer


def say(text: str) -> None:
    """A sentence for whoever sits there."""
    from tng.report.text import printable

    talk().print(printable(text))


def _credentials(options: FleetOptions) -> "DeviceCredentials":
    from tng.cli.options import file_here
    from tng.device.credentials import load_file_credentials, load_token_credentials

    if options.claim_certificate is None or options.claim_key is None:
        raise UsageError(
            "fleet provisioning needs --claim-certificate and --claim-key",
            "The claim's key is a file, or a label with --claim-pkcs11 and --claim-token.",
        )
    if options.claim_pkcs11 is None:
        if options.claim_token is not None:
            raise UsageError("--claim-token needs --claim-pkcs11", "Name the token's module.")
        key = file_here(options.claim_key)
        return load_file_credentials(options.claim_certificate, key, _passphrase)
    uri = token_uri(options.claim_pkcs11, options.claim_token, options.claim_key)
    pin = read_pin(uri, options.claim_pin_file, ask_claim_pin)
    return load_token_credentials(options.claim_certificate, uri, pin)


def _passphrase() -> str:
    return ask_secret(KEY_PASSPHRASE_VARIABLE, "passphrase", "the claim's private key is encrypted")


def report_issued(
    results: "Iterable[DeviceResult]", format_: IssuedFormat, output: str | None, target: str
) -> "IssuedTally":
    """Write each result as it comes, the hints of failures to stderr, and a summary there."""
    from tng.report.issued import IssuedReport
    from tng.report.text import printable

    said: set[str] = set()
    with open_judged_output(output) as stream:
        report = IssuedReport(format_.value, stream, colored=is_colored(output))
        report.begin(target)
        try:
            for result in results:
                report.item(result)
                if result.hint and result.hint not in said:
                    # The same hint for a thousand devices would hide the others.
                    said.add(result.hint)
                    talk().print(f"hint: {printable(result.hint)}")
        finally:
            report.end()
    talk().print(report.tally.text)
    return report.tally


def issued_exit_code(
    tally: "IssuedTally", fatal: "IssuingRefused | None", *, interrupted: bool
) -> ExitCode:
    """How a run ended: 5 where nobody would get a certificate, 4 where somebody did not."""
    if interrupted:
        return ExitCode.INTERRUPTED
    if fatal is not None:
        return ExitCode.REFUSED
    return ExitCode.PARTIAL if tally.failed else ExitCode.DONE
