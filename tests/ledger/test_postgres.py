"""The ledger in PostgreSQL: reaching it, being cut off from it, and what is said then."""

import signal
import threading
import time

import pytest

from tests.ledger.entering import EU, KEY, US, enroll, record
from tests.ledger.silent import FreezingProxy, listening
from tests.postgres import LOCKED_PASSWORD, LOCKED_USER, cluster, own_cluster
from tng.errors import LedgerError
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    Intent,
    StepMark,
    StepState,
    open_ledger,
)
from tng.ledger_location import ledger_location

psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")

REGISTER = Intent("Register", "", 0, absent=True)
DONE = (StepMark("Register", "", StepState.DONE, made=True), DeviceMark(DeviceState.DONE))


def at(url):
    return ledger_location(url, "the test", may_hold_secret=True)


@pytest.fixture
def url():
    return cluster().create()


@pytest.fixture
def own():
    """A server that the test may stop."""
    yield from own_cluster()


def sessions(server, url):
    """The process ids of the ledger's sessions."""
    name = url.rpartition("/")[2]
    rows = server.sql(
        f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND"  # noqa: S608  # our own
        " application_name = 'tng' ORDER BY backend_start",
        "postgres",
    )
    return [row[0] for row in rows]


def cut(server, pid):
    server.sql(f"SELECT pg_terminate_backend({pid}, 5000)", "postgres")


def test_two_hosts_share_one_ledger(url):
    with open_ledger(at(url)) as here, open_ledger(at(url), must_exist=True) as there:
        enroll(here, KEY)
        with here.hold(EU):
            record(here, REGISTER)
            with pytest.raises(LedgerError, match="is being worked on by process"), there.hold(EU):
                pass
            record(here, *DONE)
        assert there.counts(EU.key) == {DeviceState.DONE: 1}
        with there.hold(EU):
            pass


@pytest.mark.slow
def test_a_host_that_is_gone_is_noticed_by_the_server(url):
    with open_ledger(at(url)) as ledger:
        asked = "SELECT setting FROM pg_settings WHERE name LIKE 'tcp_keepalives_%' ORDER BY name"
        found = [int(row[0]) for row in ledger._connection.execute(asked).fetchall()]
        assert found == [3, 10, 5]


@pytest.mark.slow
def test_the_socket_of_this_machine_is_a_way_too(url):
    with open_ledger(at(url)) as ledger:
        enroll(ledger, KEY)
    warnings = []
    local = at(cluster().local_url(url.rpartition("/")[2]))
    with open_ledger(local, must_exist=True, warn=warnings.append) as ledger:
        assert ledger.targets() == (EU,)
    assert warnings == []


def test_a_connection_that_is_cut_is_made_again_and_nothing_is_lost(url):
    with open_ledger(at(url)) as ledger:
        enroll(ledger, KEY)
        with ledger.hold(EU):
            record(ledger, REGISTER)
            for pid in sessions(cluster(), url):
                cut(cluster(), pid)
            record(ledger, *DONE)
            cut(cluster(), sessions(cluster(), url)[-1])
            assert ledger.counts(EU.key) == {DeviceState.DONE: 1}
        assert len(list(ledger.registered(EU.key))) == 1


@pytest.mark.slow
def test_who_lost_a_target_to_another_host_writes_nothing_any_more(url):
    with open_ledger(at(url)) as here, open_ledger(at(url)) as there:
        enroll(here, KEY)
        with here.hold(EU), here.hold(US):
            record(here, REGISTER)
            cut(cluster(), sessions(cluster(), url)[-1])
            with there.hold(EU):
                with pytest.raises(LedgerError, match="was taken over by another process"):
                    record(here, *DONE)
                here.record(US.key, KEY, Direction.REGISTER, [REGISTER])
                assert there.counts(EU.key) == {DeviceState.PENDING: 1}
            with pytest.raises(LedgerError, match="was taken over by another process"):
                record(here, *DONE)


@pytest.mark.slow
def test_who_comes_back_after_another_host_does_not_go_on(url):
    with open_ledger(at(url)) as here, open_ledger(at(url)) as there:
        enroll(here, KEY)
        with here.hold(EU):
            main, _, lease = sessions(cluster(), url)
            cut(cluster(), lease)
            with there.hold(EU):
                pass
            cut(cluster(), main)
            with pytest.raises(LedgerError, match="was taken over while the ledger could not"):
                record(here, *DONE)


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "crash"])
def test_a_server_that_is_restarted_in_the_middle_loses_nothing(own, end):
    url = own.create()
    keys = [f"{n:064x}" for n in range(300)]
    with open_ledger(at(url)) as ledger, ledger.hold(EU):
        enroll(ledger, *keys, held=True)
        half = threading.Event()

        def work(part):
            for number, key in enumerate(part):
                ledger.record(EU.key, key, Direction.REGISTER, [REGISTER])
                if number == len(part) // 2:
                    half.set()
                ledger.record(EU.key, key, Direction.REGISTER, DONE)

        threads = [threading.Thread(target=work, args=(keys[n::8],)) for n in range(8)]
        for thread in threads:
            thread.start()
        assert half.wait(60)
        own.stop(end)
        own.start()
        for thread in threads:
            thread.join()
        assert ledger.counts(EU.key) == {DeviceState.DONE: 300}
        with (
            open_ledger(at(url)) as other,
            pytest.raises(LedgerError, match="is being worked on"),
            other.hold(EU),
        ):
            pass


@pytest.mark.slow
def test_a_server_that_stays_away_ends_the_run_with_what_to_do(own):
    url = own.create()
    moments = []
    from tng.ledger.postgres import PostgresLedger

    with PostgresLedger(at(url), sleep=moments.append, patience=0.0) as ledger:
        enroll(ledger, KEY)
        own.stop()
        with pytest.raises(LedgerError, match="cannot be reached") as met:
            record(ledger, REGISTER)
        assert "Check server" in met.value.hint
        own.start()
        record(ledger, REGISTER, *DONE)
        assert ledger.counts(EU.key) == {DeviceState.DONE: 1}


@pytest.mark.slow
def test_a_server_that_takes_connections_and_says_nothing_is_given_up():
    with listening() as port, pytest.raises(LedgerError, match="does not answer: ") as met:
        open_ledger(at(f"postgresql://u:hidden@127.0.0.1:{port}/db?connect_timeout=2"))
    assert "run the same command again" in met.value.hint
    assert "hidden" not in f"{met.value.message} {met.value.hint}"


def frozen(proxy, url, patience):
    """A ledger behind the proxy, for which 1.5 s are silence."""
    from tng.ledger.postgres import PostgresLedger

    path = url.rpartition("/")[2]
    through = at(f"postgresql://tng@127.0.0.1:{proxy.port}/{path}?connect_timeout=2")
    return PostgresLedger(through, patience=patience, silence=1.5)


@pytest.mark.slow
def test_a_server_that_falls_silent_ends_the_run_and_nothing_is_lost(url):
    with FreezingProxy(cluster().port) as proxy, frozen(proxy, url, 0.0) as ledger:
        enroll(ledger, KEY)
        with ledger.hold(EU):
            record(ledger, REGISTER)
            proxy.freeze()
            with pytest.raises(LedgerError, match="does not answer: "):
                record(ledger, *DONE)
            with pytest.raises(LedgerError, match="does not answer: "):
                ledger.counts(EU.key)
    with open_ledger(at(url)) as ledger:
        with ledger.hold(EU):
            record(ledger, *DONE)
        assert ledger.counts(EU.key) == {DeviceState.DONE: 1}


@pytest.mark.slow
def test_a_server_that_was_given_up_is_not_waited_for_again_but_tried(own):
    from tng.ledger.postgres import PostgresLedger

    url, pauses = own.create(), []

    def pause(seconds):
        pauses.append(seconds)
        time.sleep(seconds)

    with PostgresLedger(at(url), sleep=pause, patience=1.0) as ledger:
        enroll(ledger, KEY)
        with ledger.hold(EU):
            own.stop()
            with pytest.raises(LedgerError, match="cannot be reached"):
                record(ledger, REGISTER)
            assert pauses
            pauses.clear()
            with pytest.raises(LedgerError, match="cannot be reached"):
                record(ledger, REGISTER)
            assert pauses == []
            own.start()
            record(ledger, REGISTER, *DONE)
        assert ledger.counts(EU.key) == {DeviceState.DONE: 1}


@pytest.mark.slow
def test_a_transaction_that_is_answered_no_more_ends_too(url):
    with FreezingProxy(cluster().port) as proxy, frozen(proxy, url, 0.0) as ledger:
        enroll(ledger, KEY)
        proxy.freeze()
        with pytest.raises(LedgerError, match="nothing came from it for "):
            ledger.begin_run("tng register")


@pytest.mark.slow
def test_a_connection_that_falls_silent_is_made_again(url):
    """Such as behind a firewall that has forgotten it."""
    with FreezingProxy(cluster().port) as proxy, frozen(proxy, url, 60.0) as ledger:
        enroll(ledger, KEY)
        proxy.freeze()
        thaw = threading.Timer(2.0, proxy.thaw)
        thaw.start()
        record(ledger, REGISTER, *DONE)
        thaw.join()
        assert ledger.counts(EU.key) == {DeviceState.DONE: 1}


@pytest.mark.slow
def test_a_statement_that_takes_long_is_not_silence_as_long_as_something_comes(url):
    from tng.ledger.postgres.connection import connect

    connection = connect(at(url), 1.5)
    rows = connection.execute("SELECT pg_sleep(0.5), repeat('x', 9000) FROM generate_series(1, 6)")
    assert len(rows.fetchall()) == 6
    connection.close()


@pytest.mark.slow
def test_one_refused_entry_stops_none_of_those_that_waited_with_it(url):
    with open_ledger(at(url)) as ledger:
        keys = [f"{n:064x}" for n in range(40)]
        enroll(ledger, *keys)
        errors = []

        def work(number):
            # Too long for the index of the steps.
            subject = "".join(map(str, range(50_000))) if number == 7 else ""
            entry = Intent("Register", subject, 0, absent=True)
            try:
                ledger.record(EU.key, keys[number], Direction.REGISTER, [entry])
            except LedgerError as error:
                errors.append((number, error.message))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [number for number, _ in errors] == [7]
        assert len(list(ledger.registered(EU.key))) == 39


def test_a_password_is_taken_from_the_environment_and_never_told(url, monkeypatch):
    database = url.rpartition("/")[2]
    cluster().sql(f"GRANT CREATE ON DATABASE {database} TO {LOCKED_USER}", "postgres")
    locked = at(cluster().url(database, LOCKED_USER))
    with pytest.raises(LedgerError, match="cannot be reached") as met:
        open_ledger(locked)
    assert "PGPASSWORD" in met.value.hint
    monkeypatch.setenv("PGPASSWORD", f"{LOCKED_PASSWORD} wrong")
    with pytest.raises(LedgerError) as met:
        open_ledger(locked)
    assert LOCKED_PASSWORD not in f"{met.value.message} {met.value.hint}"
    assert "PGPASSWORD" in met.value.hint
    monkeypatch.setenv("PGPASSWORD", LOCKED_PASSWORD)
    open_ledger(locked).close()


@pytest.mark.slow
def test_a_newer_ledger_is_refused(url):
    open_ledger(at(url)).close()
    cluster().sql("UPDATE tng.ledger SET version = 99", url.rpartition("/")[2])
    with pytest.raises(LedgerError, match="newer tng"):
        open_ledger(at(url))


@pytest.mark.slow
def test_another_programs_schema_is_refused_and_left_alone(url):
    database = url.rpartition("/")[2]
    cluster().sql("CREATE SCHEMA tng; CREATE TABLE tng.theirs (x int)", database)
    with pytest.raises(LedgerError, match="is another program's"):
        open_ledger(at(url))
    assert cluster().sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'tng'", database) == [
        (1,)
    ]


@pytest.mark.slow
def test_what_a_user_may_not_do_is_said(url):
    database = url.rpartition("/")[2]
    cluster().sql("CREATE ROLE reader LOGIN", "postgres")
    open_ledger(at(url)).close()
    reader = at(cluster().url(database, "reader"))
    with pytest.raises(LedgerError, match="may not be used so by this user"):
        open_ledger(reader)
    cluster().sql("GRANT USAGE ON SCHEMA tng TO reader", database)
    cluster().sql("GRANT SELECT ON ALL TABLES IN SCHEMA tng TO reader", database)
    with open_ledger(reader, must_exist=True) as ledger:
        assert ledger.targets() == ()
        with pytest.raises(LedgerError, match="may not be used so by this user"):
            ledger.begin_run("tng register")


@pytest.mark.slow
def test_a_missing_database_or_server_is_said_without_the_url(url):
    missing = cluster().url("missing", "u:hidden")
    with pytest.raises(LedgerError) as met:
        open_ledger(at(missing))
    assert "hidden" not in f"{met.value.message} {met.value.hint}"
    with pytest.raises(LedgerError, match="does not exist"):
        open_ledger(at(cluster().url("missing")))
    with pytest.raises(LedgerError, match="cannot be reached") as met:
        open_ledger(at("postgresql://u:hidden@127.0.0.1:1/db"))
    assert "hidden" not in f"{met.value.message} {met.value.hint}"


@pytest.mark.slow
def test_a_lock_of_somebody_else_does_not_hold_a_run_for_ever(url):
    """Statements have a deadline; here it is set to be short, as an administrator may."""
    with open_ledger(at(url)) as ledger:
        enroll(ledger, KEY)
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE tng.steps")
            ledger._connection.execute("SET lock_timeout = '100ms'")
            begun = time.monotonic()
            with pytest.raises(LedgerError, match="has been locked"):
                record(ledger, REGISTER)
            assert time.monotonic() - begun < 10
        record(ledger, REGISTER)


@pytest.mark.parametrize(
    "url",
    ["postgresql://h/db?nonsense=1&password=hidden", "postgresql://u:hidden@h/db?sslmode=x&y"],
)
def test_a_url_that_libpq_does_not_understand_is_not_repeated(url):
    with pytest.raises(LedgerError) as met:
        open_ledger(at(url))
    assert "hidden" not in f"{met.value.message} {met.value.hint}"
