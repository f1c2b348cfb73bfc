"""``tng fleet-provision``: certificates for requests, by AWS fleet provisioning."""

from pathlib import Path
from typing import Annotated

import typer

from tng.cli import fleet_options as fleet
from tng.cli.device_options import CaFileOption, EndpointPortOption
from tng.cli.options import ConfigOption, OutputOption
from tng.cli.target_options import DryRunOption, LedgerOption
from tng.cli.token_options import KeyLabelOption, PinFileOption, Pkcs11Option, TokenOption


def fleet_provision(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="[SOURCE...]",
            help="Certificate requests: files, directories, globs, URLs or - for stdin.",
            show_default=False,
        ),
    ] = [],
    *,
    endpoint: fleet.EndpointOption = None,
    port: EndpointPortOption = None,
    template: fleet.TemplateOption = None,
    claim_certificate: fleet.ClaimCertificateOption = None,
    claim_key: fleet.ClaimKeyOption = None,
    claim_pkcs11: fleet.ClaimPkcs11Option = None,
    claim_token: fleet.ClaimTokenOption = None,
    claim_pin_file: fleet.ClaimPinFileOption = None,
    address: fleet.AddressOption = None,
    ca_file: CaFileOption = None,
    parameter: fleet.ParameterOption = [],
    client_id: fleet.ClientIdOption = None,
    pkcs11: Pkcs11Option = None,
    token: TokenOption = None,
    key: KeyLabelOption = None,
    pin_file: PinFileOption = None,
    subject: Annotated[
        str,
        typer.Option(metavar="TEMPLATE", help="With --pkcs11: the request's subject (RFC 4514)."),
    ] = "CN={serial}",
    station: Annotated[
        str | None,
        typer.Option(
            "--station",
            metavar="PORT",
            show_default=False,
            help="Serve devices one after another at this serial port, as `tng station` does.",
        ),
    ] = None,
    baud_rate: fleet.BaudRateOption = 115_200,
    count: fleet.CountOption = 0,
    answer_timeout: fleet.AnswerTimeoutOption = 30.0,
    certificates: fleet.CertificatesOption = fleet.CERTIFICATES,
    timeout: fleet.TimeoutOption = 60.0,
    again: fleet.AgainOption = False,
    keep: fleet.KeepOption = [],
    ledger: LedgerOption = None,
    config: ConfigOption = None,
    dry_run: DryRunOption = False,
    format_: fleet.IssuedFormatOption = fleet.IssuedFormat.COLUMNS,
    output: OutputOption = None,
) -> None:
    """Get each request a certificate and a thing by AWS fleet provisioning; resumes.

    The claim certificate asks over MQTT: CreateCertificateFromCsr, then RegisterThing. A request
    whose key the ledger has as done keeps its certificate; one of which it is not known whether its
    certificate is active is left to you. Exit codes: 0 all done, 1 all done but
    bad requests, 3 nothing usable, 4 some are left, 5 the cloud refuses all.

    Examples:

    \b
      tng fleet-provision requests/ --template Boards \\
        --endpoint a1b2c3-ats.iot.eu-central-1.amazonaws.com \\
        --claim-certificate claim.pem --claim-key claim.key \\
        --parameter SerialNumber={device_id}

      tng fleet-provision --pkcs11 softhsm2 --token Line --key device --endpoint … --template …

      tng fleet-provision --station /dev/ttyUSB0 --count 100 --endpoint … --template …
    """  # noqa: D301 - click knows its own mark \b as the character alone
    from tng.cli.benching import BenchRequest, serve
    from tng.cli.fleet import FleetOptions
    from tng.cli.provisioning import ProvisionRequest, RequestKey, provision

    options = FleetOptions(
        endpoint, port, template, claim_certificate, claim_key, claim_pkcs11, claim_token,
        claim_pin_file, address, ca_file, tuple(parameter), client_id, Path(certificates), timeout,
        again, tuple(keep),
    )  # fmt: skip
    own_key = RequestKey(pkcs11, token, key, pin_file, subject) if pkcs11 or token or key else None
    request = ProvisionRequest(
        tuple(sources), own_key, station, options, ledger, config, dry_run, format_, output
    )
    request.check()
    if station is None:
        raise SystemExit(provision(request))
    bench = BenchRequest(station, baud_rate, count, answer_timeout, ledger, config, format_, output)
    raise SystemExit(serve(bench, options))
