-- The silos of a cluster. Every change of a silo but its sign of life goes with a new version of its cluster, and only from the version that was read.
CREATE TABLE orleans_cluster (
    deployment text PRIMARY KEY,
    version integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE orleans_silo (
    deployment text NOT NULL REFERENCES orleans_cluster,
    address text NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    status integer NOT NULL,
    proxy_port integer NOT NULL,
    suspicions text,
    started_at timestamptz NOT NULL,
    alive_at timestamptz NOT NULL,
    PRIMARY KEY (deployment, address, port, generation)
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $query$
    WITH added AS (
        INSERT INTO orleans_cluster (deployment) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT EXISTS (SELECT FROM added)
$query$),
('InsertMembershipKey', $query$
    WITH advanced AS (
        UPDATE orleans_cluster SET version = version + 1, changed_at = now()
        WHERE deployment = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM orleans_silo
            WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deployment),
    added AS (
        INSERT INTO orleans_silo (deployment, address, port, generation, name, host, status, proxy_port, started_at, alive_at)
        SELECT deployment, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM advanced
        RETURNING 1)
    SELECT EXISTS (SELECT FROM added)
$query$),
('UpdateMembershipKey', $query$
    WITH advanced AS (
        UPDATE orleans_cluster SET version = version + 1, changed_at = now()
        WHERE deployment = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM orleans_silo
            WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING deployment),
    changed AS (
        UPDATE orleans_silo AS silo SET status = @Status, suspicions = @SuspectTimes, alive_at = @IAmAliveTime
        FROM advanced
        WHERE silo.deployment = advanced.deployment AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT EXISTS (SELECT FROM changed)
$query$),
('UpdateIAmAlivetimeKey', $query$
    UPDATE orleans_silo SET alive_at = @IAmAliveTime
    WHERE deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$query$),
-- One row with the version alone where there is no silo to tell.
('MembershipReadRowKey', $query$
    SELECT cluster.version AS Version, address AS Address, port AS Port, generation AS Generation, name AS SiloName, host AS HostName,
        status AS Status, proxy_port AS ProxyPort, suspicions AS SuspectTimes, started_at AS StartTime, alive_at AS IAmAliveTime
    FROM orleans_cluster AS cluster
    LEFT JOIN orleans_silo AS silo
        ON silo.deployment = cluster.deployment AND address = @Address AND port = @Port AND generation = @Generation
    WHERE cluster.deployment = @DeploymentId
$query$),
('MembershipReadAllKey', $query$
    SELECT cluster.version AS Version, address AS Address, port AS Port, generation AS Generation, name AS SiloName, host AS HostName,
        status AS Status, proxy_port AS ProxyPort, suspicions AS SuspectTimes, started_at AS StartTime, alive_at AS IAmAliveTime
    FROM orleans_cluster AS cluster
    LEFT JOIN orleans_silo AS silo ON silo.deployment = cluster.deployment
    WHERE cluster.deployment = @DeploymentId
$query$),
('GatewaysQueryKey', $query$
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation FROM orleans_silo
    WHERE deployment = @DeploymentId AND status = @Status AND proxy_port > 0
$query$),
-- 3 is SiloStatus.Active: silos that never came up go as well as those that are dead.
('CleanupDefunctSiloEntriesKey', $query$
    DELETE FROM orleans_silo WHERE deployment = @DeploymentId AND alive_at < @IAmAliveTime AND status <> 3
$query$),
('DeleteMembershipTableEntriesKey', $query$
    DELETE FROM orleans_silo WHERE deployment = @DeploymentId;
    DELETE FROM orleans_cluster WHERE deployment = @DeploymentId
$query$);
