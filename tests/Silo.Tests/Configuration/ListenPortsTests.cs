using System.Net;
using System.Net.Sockets;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Silo.Configuration;

namespace ImageBuilder.Silo.Tests.Configuration;

public sealed class ListenPortsTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();
    private readonly TcpListener _other = new(IPAddress.Loopback, 0);

    public ListenPortsTests() => _other.Start();

    public void Dispose()
    {
        _other.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("")]
    public void FindTaken_PortInUse_SaysKeyAndAddress(string host)
    {
        var address = $"{host}:{((IPEndPoint)_other.LocalEndpoint).Port}";

        ListenPorts.FindTaken(WithHealthAt(address))
            .ShouldBe(new ConfigurationError("health.address", $"must be an address that is free; \"{address}\" is in use by another program"));
    }

    [Fact]
    public void FindTaken_AddressOfAnotherMachine_SaysSo() =>
        ListenPorts.FindTaken(WithHealthAt("192.0.2.1:9501"))!.Message.ShouldEndWith("is no address of this machine");

    [Fact]
    public void FindTaken_FreePorts_FindsNoneAndLeavesThemFree()
    {
        var configuration = WithHealthAt($"127.0.0.1:{FreePort.Choose()}");

        ListenPorts.FindTaken(configuration).ShouldBeNull();
        ListenPorts.FindTaken(configuration).ShouldBeNull();
    }

    private ServiceConfiguration WithHealthAt(string address) => _folder.LoadAccepted(_folder.Smallest().ToJsonString()) with
    {
        Server = new() { Services = new() { Grpc = new() { Address = ListenAddress.Parse("127.0.0.1:0") } } },
        Metrics = new() { Address = ListenAddress.Parse("127.0.0.1:0") },
        Health = new() { Address = ListenAddress.Parse(address) },
    };
}
