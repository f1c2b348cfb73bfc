"""The sections of the benchmark: a new one is a line here.

What a section needs is imported when it is measured or shown, so that one of them neither waits
for nor fails with the libraries of another.
"""

from collections.abc import Iterable, Iterator

from rich.table import Table

from bench.figures import Figures, Section, Settings, Target


def _measure_local(settings: Settings) -> Figures:
    from bench.local import measure_local

    return measure_local(settings)


def _local_tables(figures: Figures) -> Iterable[Table]:
    from bench.local import local_tables

    return local_tables(figures)


def _measure_peers(settings: Settings) -> Figures:
    from bench.peers import measure_peers

    return measure_peers(settings)


def _peers_tables(figures: Figures) -> Iterable[Table]:
    from bench.peers import peers_tables

    return peers_tables(figures)


def _measure_million(settings: Settings) -> Figures:
    from bench.million import measure_million

    return measure_million(settings)


def _million_tables(figures: Figures) -> Iterable[Table]:
    from bench.million import million_tables

    return million_tables(figures)


def _measure_ledger(settings: Settings) -> Figures:
    from bench.ledger import measure_ledger

    return measure_ledger(settings)


def _ledger_tables(figures: Figures) -> Iterable[Table]:
    from bench.ledger import ledger_tables

    return ledger_tables(figures)


def _measure_quota(settings: Settings) -> Figures:
    from bench.quota import CASES, measure_quota

    return measure_quota(settings.folder, CASES[:1] if settings.quick else CASES)


def _quota_tables(figures: Figures) -> Iterable[Table]:
    from bench.quota import quota_table

    return (quota_table(dict(figures)),)


def _measure_planning(settings: Settings) -> Figures:
    from bench.planning import measure_planning

    if settings.quick:
        settings.say("left out of a quick run: a million certificates take a minute to list")
        return {}
    return measure_planning(settings.folder)


def _planning_tables(figures: Figures) -> Iterable[Table]:
    from bench.planning import planning_table

    return (planning_table(dict(figures)),) if figures else ()


def _measure_azure(settings: Settings) -> Figures:
    from bench.dps_service import DpsProcess
    from bench.enrolling import DEVICES, EnrollingBench
    from bench.inputs import make_inputs
    from bench.verifying import verified_devices

    devices = verified_devices(make_inputs(settings.folder, (DEVICES,)), DEVICES)
    with DpsProcess() as service:
        return EnrollingBench(service, devices, settings.folder).run(settings.rounds)


def _azure_tables(figures: Figures) -> Iterable[Table]:
    from bench.enrolling_table import enrolling_tables

    return enrolling_tables(figures)


def _measure_distributed(settings: Settings) -> Figures:
    from bench.distributed import measure_distributed

    return measure_distributed(settings)


def _distributed_tables(figures: Figures) -> Iterable[Table]:
    from bench.distributed import distributed_tables

    return distributed_tables(figures)


def _measure_page(settings: Settings) -> Figures:
    from bench.page import SIZES, measure_page

    sizes = (10, 1_000) if settings.quick else SIZES
    return measure_page(settings.folder, settings.rounds, sizes)


def _page_tables(figures: Figures) -> Iterable[Table]:
    from bench.page import page_table

    return (page_table(figures),)


_QUOTAS = {
    "quota_10": "10/s",
    "quota_100": "100/s",
    "quota_1000": "1,000/s",
    "quota_40_targets": "10/s on each of 40 targets",
}
"""Case of `bench.quota` → in words."""


def _quota_targets() -> Iterator[Target]:
    for case, words in _QUOTAS.items():
        yield Target(f"held of {words}", f"{case}_share", 0.98, "{:.1%}")
        yield Target(f"throttled at {words}", f"{case}_throttled", 0, "{:.0f}", at_least=False)


SECTIONS: tuple[Section, ...] = (
    Section(
        "local",
        "decode and verify on one machine: speed, memory, start-up",
        _measure_local,
        _local_tables,
        (
            Target(
                "one core, of the bare-verification limit",
                "one_core_ratio_to_limit", 0.75, "{:.0%}",
            ),
            Target("all cores, of one core", "all_cores_speed_up", 1.8, "{:.2f} x"),
            Target("tng --help", "help_seconds", 0.25, "{:.2f} s", at_least=False),
            Target(
                "10 entries, prompt to prompt",
                "ten_entries_seconds", 0.4, "{:.2f} s", at_least=False,
            ),
        ),
    ),
    Section(
        "peers",
        "the same manifest through what other people use",
        _measure_peers,
        _peers_tables,
        (
            Target(
                "all cores, of thingpress' handler (by both limits)",
                "peers_tng_to_thingpress", 2.0, "{:.1f} x",
            ),
        ),
    ),
    Section(
        "million",
        "a million chips through the command",
        _measure_million,
        _million_tables,
        (
            Target("devices in one run", "million_devices", 1_000_000, "{:,.0f}"),
            Target(
                "memory of all processes together",
                "million_peak_mb", 200, "{:.0f} MB", at_least=False,
            ),
            Target(
                "verified and repeated devices told exactly (1: they are)",
                "million_exact", 1, "{:.0f}",
            ),
        ),
    ),
    Section(
        "ledger",
        "what registering carries without a cloud",
        _measure_ledger,
        _ledger_tables,
        (
            Target(
                "devices a second (the highest quota held is 1,000)",
                "ledger_devices_per_second", 1000, "{:,.0f}",
            ),
        ),
    ),
    Section(
        "quota",
        "registering in a stand-in of AWS IoT that enforces its quota",
        _measure_quota,
        _quota_tables,
        tuple(_quota_targets()),
    ),
    Section(
        "planning",
        "planning against an account that has a million certificates",
        _measure_planning,
        _planning_tables,
        (
            Target(
                "single reads for 5,000 devices beside a million",
                "planning_5000_of_1000000_describe_calls", 0, "{:.0f}", at_least=False,
            ),
        ),
    ),
    Section(
        "azure",
        "registering in a stand-in of Azure DPS over https",
        _measure_azure,
        _azure_tables,
        (
            Target(
                "throttled by the DPS stand-in at a set rate",
                "dps_held_single_throttled", 0, "{:.0f}", at_least=False,
            ),
        ),
    ),
    Section(
        "distributed",
        "verifying on a dask cluster's workers",
        _measure_distributed,
        _distributed_tables,
    ),
    Section(
        "page",
        "the audit's HTML page",
        _measure_page,
        _page_tables,
    ),
)  # fmt: skip


def section(name: str) -> Section:
    """The section of that name. Raises `KeyError` for none."""
    return {each.name: each for each in SECTIONS}[name]
