-- The logs of builds: a row that says where a log ends and who writes it, and its bytes in chunks, each where it lies in the log. Logs go one at a time, by
-- the age, number and size of builds and never those that are pinned, so partitions by time would not help; the chunks of a log lie together in the index.
CREATE TABLE build_log (
    build uuid PRIMARY KEY,
    writer uuid NOT NULL,
    appends bigint NOT NULL DEFAULT 0,
    log_end bigint NOT NULL DEFAULT 0,
    attempt integer,
    consumed bigint
) WITH (fillfactor = 50);

CREATE TABLE build_log_chunk (
    build uuid NOT NULL,
    log_start bigint NOT NULL,
    log_stop bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (build, log_start) INCLUDE (log_stop)
);

-- Not compressed: a piece is read without the rest, and bytes are stored as fast as they come.
ALTER TABLE build_log_chunk ALTER COLUMN content SET STORAGE EXTERNAL;
