"""What plan and register take for their sources: devices to verify, or requests (``--csr``)."""

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING

from tng.cli.clusters import chosen_cluster
from tng.cli.judging import make_verifier
from tng.cli.requesting import say_requests
from tng.cli.verify import print_summary
from tng.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tng.apply.stopping import StopSignal
    from tng.cli.request import Request
    from tng.csr.model import RequestOutcome
    from tng.models import InputSummary, Outcome
    from tng.plan.eligibility import Selection
    from tng.plan.shard import Shard
    from tng.report.interface import Summary
    from tng.report.requests import RequestTally

Selected = tuple["Selection", "Sequence[InputSummary]"]


def select_sources(
    request: "Request", shard: "Shard | None", summary: "Summary", stop: "StopSignal"
) -> Selected:
    """Read the sources to their end; gives what may be planned, and what the inputs were.

    ``summary`` counts, and is told on stderr. Raises `PlanningStoppedError`, and `UsageError` for
    options that mean nothing to requests.
    """
    if request.csr:
        return _requests(request, shard, summary, stop)
    from tng.plan.eligibility import PlanPolicy, select_devices
    from tng.scan import Scan

    verifier, _, _ = make_verifier(request.judging)
    policy = PlanPolicy(request.allow_unverified, request.allow_attestation, shard)
    with chosen_cluster(request.dask, request.jobs) as cluster:
        scan = Scan(request.sources, sys.stdin.buffer, request.jobs, cluster=cluster)
        outcomes = _counted(scan.outcomes(verifier), summary, stop)
        return select_devices(outcomes, policy), scan.inputs


def refuse_senseless(request: "Request") -> None:
    """Raise `UsageError` for options that belong to the other kind of sources."""
    judging = request.judging
    of_manifests = {
        "--allow-unverified": request.allow_unverified,
        "--allow-attestation": request.allow_attestation,
        "--trust-anchor": judging.trust_anchors,
        "--manifest-signer": judging.manifest_signers,
        "--intermediate": judging.intermediates,
        "--strict": judging.strict,
        "--at": judging.at,
        "--jobs": request.jobs,
        "--dask": request.dask,
    }
    if request.csr:
        given = [name for name, value in of_manifests.items() if value]
        if given:
            raise UsageError(
                f"{given[0]} means nothing to certificate requests",
                "A request brings no certificate that could be verified: leave it out.",
            )
    elif request.certificates is not None:
        raise UsageError(
            "--certificates means nothing without --csr",
            "Only requests get certificates that could be written: leave it out.",
        )


def _requests(
    request: "Request", shard: "Shard | None", summary: "Summary", stop: "StopSignal"
) -> Selected:
    from tng.csr.reading import RequestScan
    from tng.plan.eligibility import select_requests
    from tng.report.requests import RequestTally

    tally = RequestTally()
    scan = RequestScan(request.sources, sys.stdin.buffer)
    selection = select_requests(_tallied(scan.outcomes(), tally, summary, stop), shard)
    say_requests(tally)
    return selection, scan.inputs


def _tallied(
    outcomes: "Iterable[RequestOutcome]",
    tally: "RequestTally",
    summary: "Summary",
    stop: "StopSignal",
) -> "Iterator[RequestOutcome]":
    from tng.registration import refuse_stopped

    for outcome in outcomes:
        refuse_stopped(stop)
        tally.add(outcome)
        summary.note(item.code for item in outcome.findings)
        yield outcome


def _counted(
    outcomes: "Iterable[Outcome]", summary: "Summary", stop: "StopSignal"
) -> "Iterator[Outcome]":
    """The outcomes as they are; the summary is printed behind the last, before any target."""
    from tng.registration import refuse_stopped

    started = monotonic()
    for outcome in outcomes:
        refuse_stopped(stop)
        summary.add(outcome)
        yield outcome
    print_summary(summary, monotonic() - started)
