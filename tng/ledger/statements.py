"""The SQL of the ledger; no value is ever pasted into a statement.

It is what SQLite (from 3.24) and PostgreSQL understand alike, with ``?`` for a value.
"""

BEGIN_RUN = "INSERT INTO runs (command, version, started_at) VALUES (?, ?, ?)"
FINISH_RUN = "UPDATE runs SET finished_at = ?, result = ? WHERE id = ?"
ADD_TARGET = """
    INSERT INTO targets (key, name, cloud, account, region) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET name = excluded.name
"""
TARGET_ID = "SELECT id FROM targets WHERE key = ?"
TARGETS = "SELECT name, cloud, account, region FROM targets WHERE cloud <> ? ORDER BY id"
SHARD = "shard"
"""Stands for the cloud where a row is no target but a shard of one, which has a lease by it: then
``account`` is the target's key, and ``region`` which shard it is."""
SHARDS = "SELECT id, region FROM targets WHERE cloud = ? AND account = ?"

ENROLL = """
    INSERT INTO devices (target, key, device_id, name, run, state, reason, code, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, '', ?)
    ON CONFLICT (target, key) DO UPDATE SET
        device_id = excluded.device_id, name = excluded.name, run = excluded.run,
        state = excluded.state, reason = excluded.reason, code = '',
        updated_at = excluded.updated_at
"""
MARK_DEVICE = """
    UPDATE devices SET state = ?, reason = ?, code = ?, updated_at = ?
    WHERE target = ? AND key = ?
"""
COUNTS = "SELECT state, count(*) FROM devices WHERE target = ? GROUP BY state"

MEMORY = """
    SELECT operation, subject, state, made, absent, note, at FROM steps
    WHERE target = ? AND key = ? AND direction = ?
"""
INTEND = """
    INSERT INTO steps (target, key, direction, operation, subject, position, state, absent,
                       made, already, note, code, at)
    VALUES (?, ?, ?, ?, ?, ?, 'intent', ?, FALSE, FALSE, '', '', ?)
    ON CONFLICT (target, key, direction, operation, subject) DO UPDATE SET
        position = excluded.position, state = 'intent', absent = excluded.absent,
        at = CASE WHEN steps.state = 'intent' THEN steps.at ELSE excluded.at END
"""
"""Of an unknown outcome, the time of the first attempt stays."""
MARK_STEP = """
    UPDATE steps SET state = ?, made = ?, already = ?, note = ?, code = ?, at = ?
    WHERE target = ? AND key = ? AND direction = ? AND operation = ? AND subject = ?
"""
MARK_UNKNOWN = """
    UPDATE steps SET made = ?, note = ?, code = ?
    WHERE target = ? AND key = ? AND direction = ? AND operation = ? AND subject = ?
"""
"""The outcome of an intent that stays one: with the time of the first attempt."""
RETRACT = """
    DELETE FROM steps
    WHERE target = ? AND key = ? AND direction = ? AND operation = ? AND subject = ?
"""
RESTORE = """
    UPDATE steps SET state = ?
    WHERE target = ? AND key = ? AND direction = ? AND operation = ? AND subject = ?
"""
FORGET_UNDO = "DELETE FROM steps WHERE target = ? AND key = ? AND direction = 'undo'"
DOUBT_REGISTERED = """
    UPDATE steps SET state = 'undone', made = (made OR (state = 'intent' AND absent))
    WHERE target = ? AND key = ? AND direction = 'register'
"""
FORGET_REGISTERED = """
    UPDATE steps SET state = 'undone', made = FALSE
    WHERE target = ? AND key = ? AND direction = 'register'
"""

MADE_DEVICES = """
    SELECT key, device_id, name, state, reason FROM devices
    WHERE target = ? AND key > ? AND EXISTS (
        SELECT 1 FROM steps
        WHERE steps.target = devices.target AND steps.key = devices.key
          AND direction = 'register' AND (made OR (steps.state = 'intent' AND absent)))
    ORDER BY key LIMIT ?
"""
FOUND_DEVICES = """
    SELECT key, device_id, name, state, reason FROM devices
    WHERE target = ? AND state IN ('done', 'attention') AND key > ? AND NOT EXISTS (
        SELECT 1 FROM steps
        WHERE steps.target = devices.target AND steps.key = devices.key
          AND direction = 'register' AND (made OR (steps.state = 'intent' AND absent)))
    ORDER BY key LIMIT ?
"""
"""Those that are there, as wanted or otherwise, and of which nothing is this tool's."""
MADE_STEPS = """
    SELECT key, operation, subject FROM steps
    WHERE target = ? AND key BETWEEN ? AND ? AND direction = 'register'
      AND (made OR (state = 'intent' AND absent))
    ORDER BY key, position
"""

ISSUED = """
    SELECT key, note FROM steps
    WHERE target = ? AND key BETWEEN ? AND ? AND direction = 'register' AND operation = ?
      AND state IN ('done', 'undone', 'intent')
"""
NOTES = """
    SELECT key, note FROM steps
    WHERE target = ? AND direction = 'register' AND operation = ? AND at >= ?
      AND key > ? ORDER BY key LIMIT ?
"""

DEVICES = """
    SELECT key, device_id, name, state, reason, code, updated_at FROM devices
    WHERE target = ? AND (CAST(? AS INTEGER) IS NULL OR run = ?)
      AND state IN (?, ?, ?, ?, ?, ?)
      AND key > ? ORDER BY key LIMIT ?
"""
"""``run`` twice, and as many states as there are: of fewer, some stand there twice."""
DEVICE = """
    SELECT key, device_id, name, state, reason, code, updated_at FROM devices
    WHERE target = ? AND key = ?
"""
LAST_RUN = "SELECT command, coalesce(result, '') FROM runs ORDER BY id DESC LIMIT 1"
OPEN_WORK = """
    SELECT command, count(*) FROM devices JOIN runs ON runs.id = devices.run
    WHERE target = ? AND state IN (?, ?, ?, ?)
    GROUP BY runs.id, command ORDER BY runs.id DESC
"""
"""The commands with the number of their devices in the given states, latest first."""
