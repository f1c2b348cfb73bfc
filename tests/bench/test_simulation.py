"""The simulation against the closed formulas, against what was measured, and against itself."""

from dataclasses import replace

import pytest

from bench.results import FOLDER, read_results
from bench.simulation.__main__ import main
from bench.simulation.assumptions import assumptions
from bench.simulation.cost import Cost, Prices
from bench.simulation.events import Interruption, Registration, play
from bench.simulation.playing import measured_runs, registration
from bench.simulation.stages import Deployment, registering, services_needed, stages
from bench.simulation.units import count, duration, size

GIVEN = assumptions({})
HOUR, DAY = 3600.0, 86_400.0


@pytest.mark.parametrize(
    "deployment",
    [
        Deployment(1e6),
        Deployment(1e6, rate=100, cores=4),
        Deployment(10e6, targets=40, rate=10, cores=8, shards=2),
        Deployment(100e6, targets=40, rate=100, cores=64, shards=8),
        Deployment(1e6, rate=1000, cores=2, shards=1),
        Deployment(100e6, targets=40, rate=1000, cores=256, shards=64),
    ],
)
def test_played_without_trouble_it_takes_what_the_closed_formula_says(deployment):
    closed = registering(deployment, GIVEN)
    played = play(registration(deployment, GIVEN))
    assert played.seconds == pytest.approx(closed.seconds, rel=0.01)
    assert (played.throttled, played.repeated) == (0, 0)


@pytest.mark.parametrize(
    ("deployment", "held_up_by"),
    [
        (Deployment(1e6), "registration quota"),
        (Deployment(1e6, rate=1000, cores=2), "one process"),
        (Deployment(1e6, targets=40, rate=100, cores=2, shards=8), "cores"),
        (Deployment(1e6, targets=40, rate=1000, cores=256, shards=64), "ledger"),
    ],
)
def test_the_bottleneck_is_named(deployment, held_up_by):
    assert registering(deployment, GIVEN).held_up_by == held_up_by


def test_measured_runs_at_a_quota_are_played_alike():
    results = read_results(FOLDER)
    runs = measured_runs(results, assumptions(results))
    if not runs:
        pytest.skip("the last run of the benchmark has no section at a quota")
    for name, (plan, measured) in runs.items():
        played = plan.devices / (play(plan).seconds - plan.latency)
        assert played == pytest.approx(measured, rel=0.05), name


def test_a_target_never_gets_more_than_its_quota_and_refuses_the_rest():
    plan = Registration(6000, rate=150, quota=100, burst=100, device_seconds=0, cores=1)
    played = play(plan)
    assert played.throttled > 0
    assert played.seconds >= (plan.devices - plan.burst) / plan.quota


def test_shards_of_a_target_spend_its_quota_once():
    one = play(Registration(6000, rate=100, quota=100, shards=1, cores=4))
    four = play(Registration(6000, rate=100, quota=100, shards=4, cores=4))
    assert four.throttled == 0
    assert four.seconds == pytest.approx(one.seconds, rel=0.01)


def test_targets_side_by_side_take_no_longer_than_one():
    one = play(Registration(1000, cores=8, shards=8, rate=10, quota=10))
    forty = play(Registration(40_000, targets=40, cores=8, shards=8, rate=10, quota=10))
    assert forty.seconds == pytest.approx(one.seconds, rel=0.01)


def test_each_end_of_a_process_costs_its_absence_and_its_planning_again():
    smooth = Registration(10 * DAY, rate=10, quota=10)
    killed = replace(smooth, interruption=Interruption(6 * HOUR, 600, 400))
    seconds = play(smooth).seconds
    rough = play(killed)
    assert seconds == pytest.approx(DAY, rel=0.01)
    # The fourth end comes with the last device or just behind it.
    assert rough.seconds - seconds == pytest.approx(3 * 1000, abs=100)
    assert 0 < rough.repeated <= 4 * smooth.threads


def test_ends_that_come_faster_than_a_process_can_begin_do_not_stop_the_simulation():
    killed = Registration(1e9, rate=10, quota=10, interruption=Interruption(60, 600, 4000))
    assert play(killed).seconds > 1e9 / 10


def test_the_same_plan_gives_the_same_course():
    plan = Registration(1e6, 3, 2, interruption=Interruption(HOUR, 60, 10))
    assert play(plan) == play(plan)


def test_stages_grow_with_the_devices():
    ten, hundred = (list(stages(Deployment(number), GIVEN)) for number in (10e6, 100e6))
    assert [stage.name for stage in ten][:2] == ["transfer of the input", "decode and verify"]
    for small, large in zip(ten, hundred, strict=True):
        if not small.name.startswith("or "):
            assert large.seconds == pytest.approx(10 * small.seconds)
            assert large.core_seconds == pytest.approx(10 * small.core_seconds)


def test_a_large_fleet_needs_several_dps():
    assert [services_needed(Deployment(n), GIVEN) for n in (1, 1e6, 1e6 + 1, 1e9)] == [
        1,
        1,
        2,
        1000,
    ]


def test_listing_a_million_takes_what_the_listing_quota_says():
    listing = next(
        stage for stage in stages(Deployment(1e6, there=1e6), GIVEN) if "list what" in stage.name
    )
    assert (listing.seconds, listing.calls) == (400, 4000)


def test_money_is_the_users_prices_alone():
    used = Cost(core_hours=10, calls=2e6, gigabytes=5)
    assert used.money(Prices()) == 0
    assert used.money(Prices(0.1, 1.0, 0.02, months=12)) == pytest.approx(1 + 2 + 1.2)


def test_the_command_names_the_bottleneck_and_the_price_formula(capsys, tmp_path):
    main(["--devices", "1e6", "--rate", "1000", "--core-hour-price", "1",
          "--results", str(tmp_path)])  # fmt: skip
    out = " ".join(capsys.readouterr().out.split())
    assert "one process" in out
    assert "money: " in out
    assert "assumed until `make bench` has measured it" in out


@pytest.mark.parametrize("words", [["--devices", "0"], ["--cores", "1.5"], ["--rate", "-1"]])
def test_what_cannot_be_simulated_is_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_units_read_well():
    assert [duration(s) for s in (25, 150, 7200, 1e6, 1e8)] == [
        "25 s", "2.5 min", "2 h", "11.6 days", "3.17 years",
    ]  # fmt: skip
    assert (size(3.75e10), size(12)) == ("37.5 GB", "12 bytes")
    assert (count(200e6), count(40_000), count(7)) == ("200M", "40k", "7")
