-- The states of grains. A grain's key is in number_0 and number_1 where it is a GUID or a number, and in extension where it is text, which may be longer
-- than an index takes.
CREATE TABLE orleans_state (
    service text NOT NULL,
    state text NOT NULL,
    number_0 bigint NOT NULL,
    number_1 bigint NOT NULL,
    extension text NOT NULL,
    extension_digest uuid NOT NULL GENERATED ALWAYS AS (md5(extension)::uuid) STORED,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    payload bytea,
    PRIMARY KEY (service, state, number_0, number_1, extension_digest)
);

-- No version is given twice: whoever read a state that was removed and made anew meanwhile does not take it for the one that he knows.
CREATE SEQUENCE orleans_state_version AS integer CYCLE;

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', $query$
    SELECT payload AS PayloadBinary, version AS Version FROM orleans_state
    WHERE service = @ServiceId AND state = @GrainTypeString AND number_0 = @GrainIdN0 AND number_1 = @GrainIdN1
        AND extension_digest = md5(coalesce(@GrainIdExtensionString, ''))::uuid AND extension = coalesce(@GrainIdExtensionString, '')
$query$),
-- No row is the answer to a version that is not the stored one.
('WriteToStorageKey', $query$
    WITH changed AS (
        UPDATE orleans_state SET version = nextval('orleans_state_version'), changed_at = now(), payload = @PayloadBinary
        WHERE service = @ServiceId AND state = @GrainTypeString AND number_0 = @GrainIdN0 AND number_1 = @GrainIdN1
            AND extension_digest = md5(coalesce(@GrainIdExtensionString, ''))::uuid AND extension = coalesce(@GrainIdExtensionString, '')
            AND version = @GrainStateVersion
        RETURNING version),
    added AS (
        INSERT INTO orleans_state (service, state, number_0, number_1, extension, version, payload)
        SELECT @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''),
            nextval('orleans_state_version'), @PayloadBinary
        WHERE @GrainStateVersion IS NULL
        ON CONFLICT DO NOTHING
        RETURNING version)
    SELECT version AS NewGrainStateVersion FROM changed UNION ALL SELECT version FROM added
$query$),
('ClearStorageKey', $query$
    UPDATE orleans_state SET version = nextval('orleans_state_version'), changed_at = now(), payload = NULL
    WHERE service = @ServiceId AND state = @GrainTypeString AND number_0 = @GrainIdN0 AND number_1 = @GrainIdN1
        AND extension_digest = md5(coalesce(@GrainIdExtensionString, ''))::uuid AND extension = coalesce(@GrainIdExtensionString, '')
        AND version = @GrainStateVersion
    RETURNING version AS NewGrainStateVersion
$query$),
('DeleteStorageKey', $query$
    DELETE FROM orleans_state
    WHERE service = @ServiceId AND state = @GrainTypeString AND number_0 = @GrainIdN0 AND number_1 = @GrainIdN1
        AND extension_digest = md5(coalesce(@GrainIdExtensionString, ''))::uuid AND extension = coalesce(@GrainIdExtensionString, '')
        AND version = @GrainStateVersion
    RETURNING nextval('orleans_state_version')::integer AS NewGrainStateVersion
$query$);
