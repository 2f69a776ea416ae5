using ImageBuilder.Postgres.Schema;
using ImageBuilder.Testing;
using Npgsql;

namespace ImageBuilder.Postgres.Tests.Schema;

/// <summary>The queries of Orleans' providers, put with the parameters that they are put with; the values are what the providers' interfaces promise.</summary>
[Collection(PostgresFixture.Collection)]
public sealed class OrleansQueriesTests(PostgresFixture postgres)
{
    private const int Active = 3;
    private const int Dead = 6;

    private static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    // A cluster and a service of its own for each test.
    private readonly string _own = Guid.NewGuid().ToString("N");

    [NeedsProgramsFact("postgres")]
    public async Task Queries_OfMembershipRemindersAndStates_AreAllThere()
    {
        var keys = (await QueryAsync("SELECT QueryKey FROM OrleansQuery")).Select(row => row["querykey"]).Order();

        keys.ShouldBe(
        [
            "CleanupDefunctSiloEntriesKey", "ClearStorageKey", "DeleteMembershipTableEntriesKey", "DeleteReminderRowKey", "DeleteReminderRowsKey", "DeleteStorageKey",
            "GatewaysQueryKey", "InsertMembershipKey", "InsertMembershipVersionKey", "MembershipReadAllKey", "MembershipReadRowKey", "ReadFromStorageKey",
            "ReadRangeRows1Key", "ReadRangeRows2Key", "ReadReminderRowKey", "ReadReminderRowsKey", "UpdateIAmAlivetimeKey", "UpdateMembershipKey",
            "UpsertReminderRowKey", "WriteToStorageKey",
        ]);
    }

    [NeedsProgramsFact("postgres")]
    public async Task Membership_OfNoSilo_IsAVersionAlone()
    {
        (await AskAsync("InsertMembershipVersionKey", Cluster)).ShouldBe(true);
        (await AskAsync("InsertMembershipVersionKey", Cluster)).ShouldBe(false);

        var row = (await RunAsync("MembershipReadAllKey", Cluster)).ShouldHaveSingleItem();
        (row["version"], row["starttime"]).ShouldBe((0, DBNull.Value));
    }

    [NeedsProgramsFact("postgres")]
    public async Task Membership_InsertAndUpdate_NeedTheVersionThatWasRead()
    {
        await AskAsync("InsertMembershipVersionKey", Cluster);
        (await InsertAsync(port: 1, version: 1)).ShouldBe(false);
        (await InsertAsync(port: 1, version: 0)).ShouldBe(true);
        (await InsertAsync(port: 1, version: 1)).ShouldBe(false);
        (await InsertAsync(port: 2, version: 0)).ShouldBe(false);
        (await InsertAsync(port: 2, version: 1)).ShouldBe(true);
        (await UpdateAsync(port: 1, version: 1)).ShouldBe(false);
        (await UpdateAsync(port: 3, version: 2)).ShouldBe(false);
        (await UpdateAsync(port: 1, version: 2)).ShouldBe(true);

        var silos = await RunAsync("MembershipReadAllKey", Cluster);
        silos.ShouldAllBe(silo => (int)silo["version"] == 3);
        silos.Select(silo => (silo["port"], silo["status"], silo["suspecttimes"])).ShouldBe([(1, Dead, "someone"), (2, Active, DBNull.Value)], ignoreOrder: true);
        var one = (await RunAsync("MembershipReadRowKey", [.. Cluster, .. Silo(1)])).ShouldHaveSingleItem();
        (one["siloname"], one["hostname"], one["generation"], one["proxyport"], one["starttime"], one["iamalivetime"]).ShouldBe(("silo-1", "host", 7, 1001, Now, Now.AddMinutes(1)));
        (await RunAsync("MembershipReadRowKey", [.. Cluster, .. Silo(9)])).ShouldHaveSingleItem()["starttime"].ShouldBe(DBNull.Value);
        (await RunAsync("GatewaysQueryKey", [.. Cluster, ("Status", Active)])).ShouldHaveSingleItem()["proxyport"].ShouldBe(1002);
    }

    [NeedsProgramsFact("postgres")]
    public async Task Membership_InsertsAtOnceFromOneVersion_AreDoneByOne()
    {
        await AskAsync("InsertMembershipVersionKey", Cluster);

        var inserted = await Task.WhenAll(Enumerable.Range(1, 10).Select(port => InsertAsync(port, version: 0)));

        inserted.Count(done => done is true).ShouldBe(1);
        (await RunAsync("MembershipReadAllKey", Cluster)).ShouldHaveSingleItem()["version"].ShouldBe(1);
    }

    [NeedsProgramsFact("postgres")]
    public async Task Membership_Cleanup_LeavesActiveSilosAndThoseOfLate()
    {
        await AskAsync("InsertMembershipVersionKey", Cluster);
        for (var port = 1; port <= 3; port++)
        {
            await InsertAsync(port, version: port - 1);
        }

        await UpdateAsync(port: 1, version: 3);
        await UpdateAsync(port: 2, version: 4);
        await RunAsync("UpdateIAmAlivetimeKey", [.. Cluster, .. Silo(2), ("IAmAliveTime", Now.AddDays(2))]);
        await RunAsync("CleanupDefunctSiloEntriesKey", [.. Cluster, ("IAmAliveTime", Now.AddDays(1))]);

        (await RunAsync("MembershipReadAllKey", Cluster)).Select(silo => silo["port"]).ShouldBe([2, 3], ignoreOrder: true);
        await RunAsync("DeleteMembershipTableEntriesKey", Cluster);
        (await RunAsync("MembershipReadAllKey", Cluster)).ShouldBeEmpty();
    }

    [NeedsProgramsFact("postgres")]
    public async Task Reminders_WrittenReadAndRemoved_GoByTheirVersions()
    {
        (await UpsertAsync("a", hash: 5, periodMilliseconds: 60_000)).ShouldBe(0);
        (await UpsertAsync("a", hash: 5, periodMilliseconds: 3_000_000_000)).ShouldBe(1);

        var reminder = (await RunAsync("ReadReminderRowKey", [.. Reminder("a")])).ShouldHaveSingleItem();
        (reminder["grainid"], reminder["remindername"], reminder["starttime"], reminder["period"], reminder["version"]).ShouldBe(("build/a", "keep", Now, 3_000_000_000L, 1));
        (await RunAsync("ReadReminderRowsKey", [Service, ("GrainId", "build/a")])).ShouldHaveSingleItem();
        (await RunAsync("ReadReminderRowsKey", [Service, ("GrainId", "build/b")])).ShouldBeEmpty();
        (await AskAsync("DeleteReminderRowKey", [.. Reminder("a"), ("Version", 0)])).ShouldBe(false);
        (await AskAsync("DeleteReminderRowKey", [.. Reminder("a"), ("Version", 1)])).ShouldBe(true);
        (await RunAsync("ReadReminderRowKey", [.. Reminder("a")])).ShouldBeEmpty();
    }

    [NeedsProgramsTheory("postgres")]
    [InlineData("ReadRangeRows1Key", -10, 5, "b,c")]
    [InlineData("ReadRangeRows1Key", 5, 6, "")]
    [InlineData("ReadRangeRows2Key", 5, -10, "a,d")]
    [InlineData("ReadRangeRows2Key", 0, 0, "a,b,c,d")]
    public async Task Reminders_OfAPartOfTheRing_AreThoseBehindItsBeginUpToItsEnd(string query, int begin, int end, string found)
    {
        foreach (var (grain, hash) in new[] { ("a", -10), ("b", -9), ("c", 5), ("d", int.MaxValue) })
        {
            await UpsertAsync(grain, hash, periodMilliseconds: 60_000);
        }

        var grains = (await RunAsync(query, [Service, ("BeginHash", begin), ("EndHash", end)])).Select(row => ((string)row["grainid"])[6..]).Order();

        string.Join(',', grains).ShouldBe(found);
        await RunAsync("DeleteReminderRowsKey", [Service]);
        (await RunAsync("ReadRangeRows2Key", [Service, ("BeginHash", 0), ("EndHash", 0)])).ShouldBeEmpty();
    }

    private (string, object)[] Cluster => [("DeploymentId", _own)];

    private (string, object) Service => ("ServiceId", _own);

    private static (string, object)[] Silo(int port) => [("Address", "10.0.0.1"), ("Port", port), ("Generation", 7)];

    private (string, object)[] Reminder(string grain) => [Service, ("GrainId", $"build/{grain}"), ("ReminderName", "keep")];

    private Task<object> InsertAsync(int port, int version) => AskAsync(
        "InsertMembershipKey",
        [
            .. Cluster, .. Silo(port), ("SiloName", $"silo-{port}"), ("HostName", "host"), ("Status", Active), ("ProxyPort", 1000 + port),
            ("StartTime", Now), ("IAmAliveTime", Now), ("Version", version),
        ]);

    private Task<object> UpdateAsync(int port, int version) => AskAsync(
        "UpdateMembershipKey",
        [.. Cluster, .. Silo(port), ("IAmAliveTime", Now.AddMinutes(1)), ("Status", Dead), ("SuspectTimes", "someone"), ("Version", version)]);

    private Task<object> UpsertAsync(string grain, int hash, long periodMilliseconds) => AskAsync(
        "UpsertReminderRowKey", [.. Reminder(grain), ("GrainHash", hash), ("StartTime", Now), ("Period", periodMilliseconds)]);

    /// <summary>Gives the one value of the one row.</summary>
    private async Task<object> AskAsync(string query, params (string Name, object Value)[] parameters) =>
        (await RunAsync(query, parameters)).ShouldHaveSingleItem().Values.ShouldHaveSingleItem();

    private async Task<List<Dictionary<string, object>>> RunAsync(string query, params (string Name, object Value)[] parameters)
    {
        var text = (string)(await QueryAsync("SELECT QueryText FROM OrleansQuery WHERE QueryKey = @key", ("key", query))).ShouldHaveSingleItem()["querytext"];
        return await QueryAsync(text, parameters);
    }

    private async Task<List<Dictionary<string, object>>> QueryAsync(string sql, params (string Name, object Value)[] parameters)
    {
        await using var command = (await postgres.MigratedAsync()).CreateCommand(sql);
        command.Parameters.AddRange(parameters.Select(parameter => new NpgsqlParameter(parameter.Name, parameter.Value)).ToArray());
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<Dictionary<string, object>>();
        while (await reader.ReadAsync())
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(reader.GetName, reader.GetValue));
        }

        return rows;
    }
}
