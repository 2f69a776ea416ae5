-- The reminders of grains. A silo reads those whose hash lies in its part of the ring.
CREATE TABLE orleans_reminder (
    service text NOT NULL,
    grain text NOT NULL,
    name text NOT NULL,
    grain_hash integer NOT NULL,
    start_at timestamptz NOT NULL,
    period bigint NOT NULL,
    version integer NOT NULL DEFAULT 0,
    PRIMARY KEY (service, grain, name)
);

CREATE INDEX orleans_reminder_by_hash ON orleans_reminder (service, grain_hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('UpsertReminderRowKey', $query$
    INSERT INTO orleans_reminder AS reminder (service, grain, name, grain_hash, start_at, period)
    VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period)
    ON CONFLICT (service, grain, name) DO UPDATE
        SET grain_hash = excluded.grain_hash, start_at = excluded.start_at, period = excluded.period, version = reminder.version + 1
    RETURNING version AS Version
$query$),
('ReadReminderRowKey', $query$
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period AS Period, version AS Version FROM orleans_reminder
    WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName
$query$),
('ReadReminderRowsKey', $query$
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period AS Period, version AS Version FROM orleans_reminder
    WHERE service = @ServiceId AND grain = @GrainId
$query$),
-- The part of the ring behind one silo's place and up to another's.
('ReadRangeRows1Key', $query$
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period AS Period, version AS Version FROM orleans_reminder
    WHERE service = @ServiceId AND grain_hash > @BeginHash AND grain_hash <= @EndHash
$query$),
-- The same where it goes over the end of the ring.
('ReadRangeRows2Key', $query$
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period AS Period, version AS Version FROM orleans_reminder
    WHERE service = @ServiceId AND (grain_hash > @BeginHash OR grain_hash <= @EndHash)
$query$),
('DeleteReminderRowKey', $query$
    WITH removed AS (
        DELETE FROM orleans_reminder
        WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version
        RETURNING 1)
    SELECT EXISTS (SELECT FROM removed)
$query$),
('DeleteReminderRowsKey', $query$
    DELETE FROM orleans_reminder WHERE service = @ServiceId
$query$);
