using ImageBuilder.Bob.Build.BuildKit;
using ImageBuilder.Bob.Tests.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Bob.Tests.Build.BuildKit;

public sealed class BuildKitControlTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Socket => _folder["socket"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Prune_BytesToKeep_SendsThemAsTheProtocolHasThem()
    {
        var request = string.Empty;
        await using var daemon = await StartDaemonAsync(async context =>
        {
            using var content = new MemoryStream();
            await context.Request.Body.CopyToAsync(content);
            request = $"{context.Request.Path} {Convert.ToHexString(content.ToArray())}";
            context.Response.AppendTrailer("grpc-status", "0");
        });
        using var control = new BuildKitControl(Socket);

        await control.PruneAsync(300, CancellationToken.None);

        // Seven bits a byte, the lowest first.
        request.ShouldBe("/moby.buildkit.v1.Control/Prune 0000000005" + "1001" + "20AC02");
    }

    [Fact]
    public async Task UsedBytes_Records_IsTheSumOfTheirSizes()
    {
        // Records (1): a name (1), whether it is in use (3), and a size (4), which is 300, 5, and not told for nothing.
        await using var daemon = await StartDaemonAsync(async context =>
        {
            await context.Response.Body.WriteAsync(Convert.FromHexString("0000000015" + "0A08" + "0A0161" + "1801" + "20AC02" + "0A05" + "0A0162" + "2005" + "0A02" + "1801"));
            context.Response.AppendTrailer("grpc-status", "0");
        });
        using var control = new BuildKitControl(Socket);

        (await control.UsedBytesAsync(CancellationToken.None)).ShouldBe(305);
    }

    [Theory]
    [InlineData("0A09" + "20AC02")]
    [InlineData("0A0220AC")]
    [InlineData("0D00000000")]
    public async Task UsedBytes_AnswerIsNone_SaysSo(string answer)
    {
        await using var daemon = await StartDaemonAsync(async context =>
        {
            await context.Response.Body.WriteAsync(Convert.FromHexString($"{answer.Length / 2:X10}" + answer));
            context.Response.AppendTrailer("grpc-status", "0");
        });
        using var control = new BuildKitControl(Socket);

        (await Should.ThrowAsync<IOException>(() => control.UsedBytesAsync(CancellationToken.None))).Message.ShouldContain("not understood");
    }

    [Fact]
    public async Task Prune_DaemonFails_TellsWhy()
    {
        await using var daemon = await StartDaemonAsync(context =>
        {
            context.Response.AppendTrailer("grpc-status", "13");
            context.Response.AppendTrailer("grpc-message", "no space left");
            return Task.CompletedTask;
        });
        using var control = new BuildKitControl(Socket);

        var failure = await Should.ThrowAsync<IOException>(() => control.PruneContextsAsync(CancellationToken.None));

        failure.Message.ShouldEndWith("no space left");
    }

    [Fact]
    public async Task Prune_DaemonFailsAtOnce_TellsWhy()
    {
        await using var daemon = await StartDaemonAsync(context =>
        {
            context.Response.Headers["grpc-status"] = "12";
            context.Response.Headers["grpc-message"] = "unknown service";
            return Task.CompletedTask;
        });
        using var control = new BuildKitControl(Socket);

        var failure = await Should.ThrowAsync<IOException>(() => control.PruneContextsAsync(CancellationToken.None));

        failure.Message.ShouldEndWith("unknown service");
    }

    [Fact]
    public async Task Prune_NothingToRemove_Succeeds()
    {
        await using var daemon = await StartDaemonAsync(context =>
        {
            context.Response.Headers["grpc-status"] = "0";
            context.Response.Headers["grpc-message"] = string.Empty;
            return Task.CompletedTask;
        });
        using var control = new BuildKitControl(Socket);

        await Should.NotThrowAsync(() => control.PruneContextsAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Prune_NobodyListens_SaysSo()
    {
        using var control = new BuildKitControl(Socket);

        var failure = await Should.ThrowAsync<IOException>(() => control.PruneContextsAsync(CancellationToken.None));

        failure.Message.ShouldStartWith("buildkitd does not answer");
    }

    private async Task<WebApplication> StartDaemonAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.ListenUnixSocket(Socket, listen => listen.Protocols = HttpProtocols.Http2));
        var daemon = builder.Build();
        daemon.Run(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await answer(context);
        });
        await daemon.StartAsync();
        return daemon;
    }
}
