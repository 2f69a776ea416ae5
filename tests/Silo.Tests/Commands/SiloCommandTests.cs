using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Silo.Commands;
using ImageBuilder.Silo.Configuration;
using ImageBuilder.Silo.Tests.Configuration;
using Microsoft.AspNetCore.Connections;

namespace ImageBuilder.Silo.Tests.Commands;

public sealed class SiloCommandTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private Func<LiveConfiguration, CancellationToken, Task> _host = (_, _) => throw new InvalidOperationException("nothing should be hosted");

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Check_GoodConfiguration_SaysSo()
    {
        (await InvokeAsync("check", "--config", _folder.Write("config.json", _folder.Smallest().ToJsonString()))).ShouldBe(0);

        _output.ToString().ShouldBe("configuration ok\n");
        _error.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("check")]
    [InlineData("run")]
    public async Task CheckAndRun_WrongConfiguration_SayItInOneLine(string command)
    {
        var path = _folder.Write("config.json", _folder.With("builds.deadline", "\"5\"").ToJsonString());

        (await InvokeAsync(command, "--config", path)).ShouldBe(2);

        _error.ToString().ShouldBe("imagebuilder-silo: builds.deadline: must be a Go duration such as \"1h30m0s\", 1m0s to 24h0m0s; \"5\" is not\n");
        _output.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_PortInUse_SaysItInOneLine()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var path = _folder.Write("config.json", _folder.With("server.services.grpc.address", $"\"{other.LocalEndpoint}\"").ToJsonString());

        (await InvokeAsync("run", "--config", path)).ShouldBe(2);

        _error.ToString().ShouldBe(
            $"imagebuilder-silo: server.services.grpc.address: must be an address that is free; \"{other.LocalEndpoint}\" is in use by another program\n");
    }

    [Fact]
    public async Task Run_DataFolderInUse_SaysItInOneLine()
    {
        var data = Path.Combine(_folder.Path, "data");
        using var other = DataFolderLock.TryTake(data, out _);

        (await InvokeAsync("run", "--config", WriteRunnable(data))).ShouldBe(2);

        var line = _error.ToString();
        line.ShouldStartWith("imagebuilder-silo: dataFolder: must be ");
        line.ShouldEndWith($"\"{data}\" is in use by another imagebuilder-silo\n");
        line.Count(character => character == '\n').ShouldBe(1);
    }

    [Fact]
    public async Task Run_GoodConfiguration_HoldsTheDataFolderWhileTheHostRuns()
    {
        var data = Path.Combine(_folder.Path, "data");
        ServiceConfiguration? hosted = null;
        _host = (configuration, cancellationToken) =>
        {
            hosted = configuration.Started;
            DataFolderLock.TryTake(data, out _).ShouldBeNull();
            return Task.CompletedTask;
        };

        (await InvokeAsync("run", "--config", WriteRunnable(data))).ShouldBe(0);

        hosted.ShouldNotBeNull().DataFolder.ShouldBe(data);
        using var free = DataFolderLock.TryTake(data, out _);
        free.ShouldNotBeNull();
        _error.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task Run_PortTakenAfterTheCheck_SaysItInOneLine()
    {
        var port = FreePort.Choose();
        using var other = new TcpListener(IPAddress.Loopback, port);
        _host = (_, _) =>
        {
            other.Start();
            throw new IOException("failed to bind", new AddressInUseException("in use"));
        };

        (await InvokeAsync("run", "--config", WriteRunnable(Path.Combine(_folder.Path, "data"), $"127.0.0.1:{port}"))).ShouldBe(2);

        _error.ToString().ShouldBe(
            $"imagebuilder-silo: server.services.grpc.address: must be an address that is free; \"127.0.0.1:{port}\" is in use by another program\n");
    }

    [Theory]
    [InlineData]
    [InlineData("run")]
    [InlineData("run", "--config")]
    [InlineData("run", "--config", "a", "b")]
    [InlineData("bogus")]
    [InlineData("check", "--confg", "a")]
    public async Task Invoke_WrongCommandLine_SaysItInOneLine(params string[] arguments)
    {
        (await InvokeAsync(arguments)).ShouldBe(2);

        _error.ToString().ShouldStartWith("imagebuilder-silo: ");
        _error.ToString().ShouldEndWith(" See imagebuilder-silo --help.\n");
        _error.ToString().Count(character => character == '\n').ShouldBe(1);
        _output.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--help", "check")]
    [InlineData("run --help", "--config <FILE>")]
    [InlineData("--version", ".")]
    public async Task Invoke_HelpOrVersion_PrintsIt(string arguments, string text)
    {
        (await InvokeAsync(arguments.Split(' '))).ShouldBe(0);

        _output.ToString().ShouldContain(text);
        _error.ToString().ShouldBeEmpty();
    }

    private Task<int> InvokeAsync(params string[] arguments) => SiloCommand.InvokeAsync(arguments, _host, _output, _error);

    private string WriteRunnable(string dataFolder, string grpc = "127.0.0.1:0")
    {
        var json = _folder.With("server.services.grpc.address", JsonSerializer.Serialize(grpc));
        json["dataFolder"] = dataFolder;
        json["metrics"] = new JsonObject { ["address"] = "127.0.0.1:0" };
        json["health"] = new JsonObject { ["address"] = "127.0.0.1:0" };
        return _folder.Write("config.json", json.ToJsonString());
    }
}
