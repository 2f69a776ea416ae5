using System.Net;
using System.Net.Sockets;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Tests.Transport;

/// <summary>Connections go where was checked, also when a name resolves otherwise a moment later.</summary>
public sealed class RegistryConnectionsTests
{
    [Theory]
    [InlineData(nameof(AddressReach.Public), false)]
    [InlineData(nameof(AddressReach.Private), false)]
    [InlineData(nameof(AddressReach.Loopback), true)]
    public async Task Connect_AddressNearerThanChecked_IsRefused(string checkedReach, bool connects)
    {
        await using var inside = await FaultyRegistry.StartAsync();
        var port = inside.Host.Split(':')[1];
        using var connections = new RegistryConnections(new RegistryTransportOptions(), ResolveAsync);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://rebound.example.com:{port}/v2/");

        var send = connections.For(Enum.Parse<AddressReach>(checkedReach)).SendAsync(request, CancellationToken.None);

        if (connects)
        {
            (await send).Dispose();
        }
        else
        {
            var error = await Should.ThrowAsync<HttpRequestException>(send);
            error.ToString().ShouldContain("inside this network");
        }

        inside.Requests.Count.ShouldBe(connects ? 1 : 0);
    }

    [Fact]
    public async Task Redirect_NameResolvesOtherwiseWhenConnectedTo_IsRefusedAfterOneTry()
    {
        await using var registry = await FaultyRegistry.StartAsync();
        await using var inside = await FaultyRegistry.StartAsync();
        var lookups = 0;
        Task<IPAddress[]> RebindAsync(string name, CancellationToken cancellationToken) =>
            Task.FromResult<IPAddress[]>([Interlocked.Increment(ref lookups) % 2 == 1 ? IPAddress.Parse("203.0.113.1") : IPAddress.Loopback]);
        registry.FailOn("/blobs/", context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"https://rebound.example.com:{inside.Host.Split(':')[1]}/blob?sig=s3cret";
        });
        using var client = new RegistryClient(new RegistryTransportOptions { RetryDelay = TimeSpan.Zero }, null, null, RebindAsync);

        var error = await Should.ThrowAsync<RegistryException>(() => client.OpenBlobAsync(registry.Image(), Digest.Compute([]), null));

        error.Error.ShouldBe(RegistryError.InvalidResponse);
        error.Message.ShouldContain("inside this network");
        error.ToString().ShouldNotContain("s3cret");
        lookups.ShouldBe(2);
        registry.Count("GET /v2/team").ShouldBe(1);
    }

    [Fact]
    public async Task SendToStore_NameResolvesOtherwiseWhenConnectedTo_IsRefused()
    {
        await using var registry = await FaultyRegistry.StartAsync();
        await using var inside = await FaultyRegistry.StartAsync();
        var lookups = 0;
        Task<IPAddress[]> RebindAsync(string name, CancellationToken cancellationToken) =>
            Task.FromResult<IPAddress[]>([Interlocked.Increment(ref lookups) == 1 ? IPAddress.Parse("203.0.113.1") : IPAddress.Loopback]);
        using var client = new RegistryClient(new RegistryTransportOptions(), null, null, RebindAsync);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://rebound.example.com:{inside.Host.Split(':')[1]}/blob?sig=s3cret");

        var error = await Should.ThrowAsync<RegistryException>(() => client.SendToStoreAsync(registry.Host, request));

        error.Error.ShouldBe(RegistryError.InvalidResponse);
        error.Message.ShouldContain("inside this network");
        error.ToString().ShouldNotContain("s3cret");
        lookups.ShouldBe(2);
    }

    [Fact]
    public async Task Connect_OfSeveralAddresses_OnlyTheAllowedAreTried()
    {
        await using var inside = await FaultyRegistry.StartAsync();
        static Task<IPAddress[]> BothAsync(string name, CancellationToken cancellationToken) => Task.FromResult<IPAddress[]>([IPAddress.Parse("169.254.169.254"), IPAddress.Loopback]);
        using var connections = new RegistryConnections(new RegistryTransportOptions(), BothAsync);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://both.example.com:{inside.Host.Split(':')[1]}/v2/");

        (await connections.For(AddressReach.Loopback).SendAsync(request, CancellationToken.None)).Dispose();

        inside.Requests.Count.ShouldBe(1);
    }

    private static Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken) =>
        name == "rebound.example.com" ? Task.FromResult<IPAddress[]>([IPAddress.Loopback]) : throw new SocketException((int)SocketError.HostNotFound);
}
