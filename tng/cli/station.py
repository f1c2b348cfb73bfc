"""``tng station``: the factory bench at a serial port."""

from pathlib import Path
from typing import Annotated

import typer

from tng.cli import fleet_options as fleet
from tng.cli import options
from tng.cli.device_options import CaFileOption
from tng.cli.target_options import LedgerOption
from tng.errors import UsageError


def station(
    *,
    port: Annotated[
        str,
        typer.Option(
            "--port",
            metavar="PORT",
            show_default=False,
            help="Serial port of the devices: /dev/ttyUSB0, or socket://HOST:PORT.",
        ),
    ],
    baud_rate: fleet.BaudRateOption = 115_200,
    count: fleet.CountOption = 0,
    answer_timeout: fleet.AnswerTimeoutOption = 30.0,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="NAME",
            show_default=False,
            help="Have this target of tng.toml make the certificates (CreateCertificateFromCsr), "
            "instead of fleet provisioning.",
        ),
    ] = None,
    endpoint: fleet.EndpointOption = None,
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
    certificates: fleet.CertificatesOption = fleet.CERTIFICATES,
    timeout: fleet.TimeoutOption = 60.0,
    again: fleet.AgainOption = False,
    ledger: LedgerOption = None,
    dumps: Annotated[
        bool, typer.Option("--dumps", help="Read SE05x certificate dumps and verify them instead.")
    ] = False,
    idle: Annotated[
        float,
        typer.Option(
            "--idle",
            min=0,
            max=86_400,
            metavar="SECONDS",
            help="With --dumps: end when nothing came for so long; 0 = never.",
        ),
    ] = 0.0,
    fail_on: options.FailOnOption = options.FailOn.ERROR,
    strict: options.StrictOption = False,
    at: options.AtOption = None,
    trust_anchor: options.TrustAnchorOption = [],
    manifest_signer: options.ManifestSignerOption = [],
    intermediate: options.IntermediateOption = [],
    config: options.ConfigOption = None,
    format_: fleet.IssuedFormatOption = fleet.IssuedFormat.COLUMNS,
    output: options.OutputOption = None,
) -> None:
    """Serve the devices at a serial port one after another: request, certificate, pass or fail.

    A device prints its request in PEM; it gets the certificate back from AWS fleet provisioning,
    or from an account (--target), and has to confirm it. The protocol and an example for the
    device are in docs/station.md.
    Ctrl-C ends it between two devices. Exit codes: 0 all passed, 3 unusable, 4 some failed,
    5 the cloud refuses all; with --dumps as `tng verify`.

    Examples:

    \b
      tng station --port /dev/ttyUSB0 --template Boards \\
        --endpoint a1b2c3-ats.iot.eu-central-1.amazonaws.com \\
        --claim-certificate claim.pem --claim-key claim.key \\
        --parameter SerialNumber={device_id}

      tng station --port /dev/ttyUSB0 --target production-eu

      tng station --port /dev/ttyACM0 --dumps --idle 60
    """  # noqa: D301 - click knows its own mark \b as the character alone
    from tng.cli.benching import BenchRequest, serve
    from tng.cli.fleet import FleetOptions
    from tng.cli.judging import JudgingOptions

    is_fleet = bool(endpoint or template or claim_certificate or claim_key or again)
    if dumps + is_fleet + bool(target) > 1:
        raise UsageError(
            "certificates come from one place, and --dumps makes none",
            "Name --endpoint and what belongs to it (--again, too), or --target, or --dumps.",
        )
    if dumps:
        from tng.cli.dumping import DumpRequest, read_dumps

        judging = JudgingOptions(config, trust_anchor, manifest_signer, intermediate, strict, at)
        request = DumpRequest(port, baud_rate, count, idle, judging, fail_on, format_, output)
        raise SystemExit(read_dumps(request))
    bench = BenchRequest(port, baud_rate, count, answer_timeout, ledger, config, format_, output)
    if target is not None:
        from tng.cli.cloud_bench import serve_by_cloud

        raise SystemExit(serve_by_cloud(bench, target, Path(certificates)))
    fleet_options = FleetOptions(
        endpoint, None, template, claim_certificate, claim_key, claim_pkcs11, claim_token,
        claim_pin_file, address, ca_file, tuple(parameter), client_id, Path(certificates), timeout,
        again,
    )  # fmt: skip
    raise SystemExit(serve(bench, fleet_options))
