using ImageBuilder.Grains;
using ImageBuilder.Postgres;
using ImageBuilder.Postgres.Schema;
using ImageBuilder.Sandbox.Registry;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Tests.Configuration;
using ImageBuilder.Testing;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;

namespace ImageBuilder.Silo.Tests.Clustering;

/// <summary>Who gets into a cluster with certificates, and who does not.</summary>
[Collection(PostgresFixture.Collection)]
public sealed class MemberTlsTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly PostgresFixture _postgres;
    private readonly ConfigurationFolder _folder = new();
    private readonly PrivateAuthority _authority;
    private readonly PrivateAuthority _foreignAuthority;
    private readonly List<ClusterMember> _members = [];

    public MemberTlsTests(PostgresFixture postgres)
    {
        _postgres = postgres;
        _authority = PrivateAuthority.Create(Path.Combine(_folder.Path, "authority"));
        _foreignAuthority = PrivateAuthority.Create(Path.Combine(_folder.Path, "foreign-authority"));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var member in Enumerable.Reverse(_members))
        {
            await member.DisposeAsync();
        }
    }

    public void Dispose()
    {
        _authority.Dispose();
        _foreignAuthority.Dispose();
        _folder.Dispose();
    }

    [PackageFact(typeof(AdoNetClusteringSiloOptions), "postgres")]
    public async Task Members_WithCertificatesOfTheAuthority_SpeakToEachOther()
    {
        var database = await CreateDatabaseAsync();
        var first = await AddSilo(database, "first", Files("first", _authority)).StartAsync(Patience);
        var second = await AddSilo(database, "second", Files("second", _authority)).StartAsync(Patience);
        var gateway = await AddGateway(database, Files("gateway", _authority)).StartAsync(Patience);

        await CallAsync(gateway);

        ActiveOf(first).ShouldBe(["first", "second"]);
        ActiveOf(second).ShouldBe(["first", "second"]);
        _members.SelectMany(member => member.Log.All).ShouldAllBe(line => !line.Contains("PRIVATE KEY", StringComparison.Ordinal));
    }

    [PackageFact(typeof(AdoNetClusteringSiloOptions), "postgres")]
    public async Task Gateway_CertificateOfAForeignAuthority_GetsInOnceTheAuthorityIsTaken()
    {
        var database = await CreateDatabaseAsync();
        var files = Files("silo", _authority);
        var silo = await AddSilo(database, "silo", files).StartAsync(Patience);
        var stranger = AddGateway(database, Files("stranger", _foreignAuthority));
        var starting = stranger.StartAsync(Patience);

        (await silo.Log.WaitAsync("is no member's")).ShouldStartWith("Warning: The certificate ");
        starting.IsCompleted.ShouldBeFalse();

        await File.AppendAllTextAsync(files.CaPath, $"\n{await File.ReadAllTextAsync(_foreignAuthority.CertificateFile)}");
        await starting;
        await CallAsync(stranger);
    }

    [PackageFact(typeof(AdoNetClusteringSiloOptions), "postgres")]
    public async Task Gateway_WithoutTlsOrNotForClients_DoesNotGetIn()
    {
        var database = await CreateDatabaseAsync();
        var silo = await AddSilo(database, "silo", Files("silo", _authority)).StartAsync(Patience);
        var plain = AddGateway(database, null).StartAsync(Patience);
        await silo.Log.WaitAsync("No TLS with 127.0.0.1:");
        var server = AddGateway(database, Files("server", _authority, forClients: false)).StartAsync(Patience);
        await silo.Log.WaitAsync("is no member's");

        plain.IsCompleted.ShouldBeFalse();
        server.IsCompleted.ShouldBeFalse();
    }

    [PackageFact(typeof(AdoNetClusteringSiloOptions), "postgres")]
    public async Task Gateway_SiloWithoutTls_IsTold()
    {
        var database = await CreateDatabaseAsync();
        await AddSilo(database, "silo", null).StartAsync(Patience);
        var gateway = AddGateway(database, Files("gateway", _authority));
        var starting = gateway.StartAsync(Patience);

        (await gateway.Log.WaitAsync("No TLS with 127.0.0.1:")).ShouldContain("every silo and gateway must have cluster.tls");
        starting.IsCompleted.ShouldBeFalse();
    }

    [PackageFact(typeof(AdoNetClusteringSiloOptions), "postgres")]
    public async Task Silo_CertificateOfAForeignAuthority_DoesNotJoin()
    {
        var database = await CreateDatabaseAsync();
        var silo = await AddSilo(database, "silo", Files("silo", _authority)).StartAsync(Patience);
        var stranger = AddSilo(database, "stranger", Files("stranger", _foreignAuthority)).StartAsync(Patience);

        await silo.Log.WaitAsync("is no member's");

        stranger.IsCompleted.ShouldBeFalse();
        ActiveOf(silo).ShouldBe(["silo"]);
        await CallAsync(await AddGateway(database, Files("gateway", _authority)).StartAsync(Patience));
    }

    // One for each test: who is in a cluster stands there.
    private async Task<string> CreateDatabaseAsync()
    {
        var database = await _postgres.CreateDatabaseAsync();
        await using var source = PostgresSource.Create(database);
        await new DatabaseSchema(source).MigrateAsync(_ => { }, default);
        return database;
    }

    private static async Task CallAsync(ClusterMember member) => (await member.Grains.GetGrain<IQueueGrain>(IQueueGrain.Default).Get()).ShouldNotBeNull();

    private static IEnumerable<string> ActiveOf(ClusterMember silo) => silo.Services.GetRequiredService<IClusterMembershipService>().CurrentSnapshot.Members.Values
        .Where(member => member.Status == SiloStatus.Active).Select(member => member.Name).Order(StringComparer.Ordinal);

    // The authority's certificate in a file of the member's own, which a test may change.
    private ClusterTlsConfiguration Files(string name, PrivateAuthority authority, bool forClients = true)
    {
        var (certificate, key) = authority.WriteMember(_folder.Path, name, forClients);
        var trusted = _folder.Write($"{name}.ca", File.ReadAllText(_authority.CertificateFile));
        return new ClusterTlsConfiguration { CaPath = trusted, CertPath = certificate, KeyPath = key };
    }

    private ClusterMember AddSilo(string database, string name, ClusterTlsConfiguration? tls) => Add(ClusterMember.Silo(_folder, database, name, tls));

    private ClusterMember AddGateway(string database, ClusterTlsConfiguration? tls) => Add(ClusterMember.Gateway(_folder, database, tls));

    private ClusterMember Add(ClusterMember member)
    {
        _members.Add(member);
        return member;
    }
}
