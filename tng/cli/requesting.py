"""What ``tng csr`` does: makes a request with a token's key, and shows requests that were read."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tng.cli.console import Verbosity, talk
from tng.cli.output import is_colored, open_judged_output, open_output
from tng.cli.token_options import read_pin
from tng.errors import InputError
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.csr.model import CertificateRequest, RequestOutcome
    from tng.models import InputSummary
    from tng.pkcs11.uri import TokenUri
    from tng.report.requests import RequestTally


class RequestFormat(StrEnum):
    """Forms in which requests are shown."""

    COLUMNS = "columns"
    JSON = "json"
    JSONL = "jsonl"


def make_token_request(
    uri: "TokenUri", pin_file: Path | None, template: str, serial: str | None
) -> "CertificateRequest":
    """A request for the key that ``uri`` names, with the subject of ``template``.

    ``serial`` stands in for the token's own serial number. Raises `TokenError`, `RequestError`
    for a subject that cannot be, and as `tng.cli.token_options.read_pin` does.
    """
    from hashlib import sha256

    from tng.csr.making import make_request
    from tng.csr.subject import SubjectFields, make_subject
    from tng.pkcs11.key import open_token_key

    key = open_token_key(uri, read_pin(uri, pin_file))
    place = key.place
    fields = SubjectFields(
        serial=place.serial if serial is None else serial,
        token=place.token,
        key=place.label,
        key_sha256=sha256(key.spki).hexdigest(),
    )
    return make_request(key, make_subject(template, fields))


def write_request(request: "CertificateRequest", output: str | None) -> None:
    """The PEM on stdout or in the file; what it is, on stderr."""
    from tng.report.text import printable

    with open_output(output) as stream:
        stream.write(request.pem.encode("ascii"))
    talk().print(
        f"request for {printable(request.subject)}, {request.key_type} key sha256:{request.key}"
    )


def show_requests(
    outcomes: "Iterable[RequestOutcome]",
    inputs: "Sequence[InputSummary]",
    format_: RequestFormat,
    output: str | None,
) -> ExitCode:
    """Show requests as they come; the exit code says whether all of them are usable.

    ``inputs`` may be filled while ``outcomes`` are iterated. Raises `InputError` where nothing
    was a request at all.
    """
    from tng.report.requests import RequestTally, make_request_report

    tally = RequestTally()
    with open_judged_output(output) as stream:
        report = make_request_report(
            format_.value,
            stream,
            colored=is_colored(output),
            with_notices=Verbosity.level > 0,
        )
        report.begin()
        for outcome in outcomes:
            tally.add(outcome)
            report.item(outcome)
        report.end(inputs, tally)
    say_requests(tally)
    if tally.is_unreadable:
        raise InputError(
            "no certificate request could be read",
            "Name files with requests in PEM or DER; openssl req -in FILE -text shows one.",
        )
    return ExitCode.DONE if tally.are_all_usable else ExitCode.FINDINGS


def say_requests(tally: "RequestTally") -> None:
    """Counts and troubles, on stderr."""
    from tng.findings import CHECKS, Severity

    total = tally.statuses.total()
    counts = ", ".join(f"{count:,} {status}" for status, count in sorted(tally.statuses.items()))
    console = talk()
    console.print(f"{total:,} {'request' if total == 1 else 'requests'}: {counts or 'nothing'}")
    for code, count in sorted(tally.codes.items()):
        check = CHECKS[code]
        if check.severity is not Severity.NOTICE:
            console.print(f"  {check.severity.value}: {code} ({count:,}): {check.remedy}")
