using System.Diagnostics;
using ImageBuilder.Grpc.Tests.Hosting;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ImageBuilder.Grpc.Tests.Interop;

/// <summary>Clients that others wrote, against this server.</summary>
public sealed class InteropTests
{
    [NodePackagesFact]
    public async Task GrpcJs_EveryKindOfCall_Works()
    {
        await using var server = await EchoServer.StartAsync(options => options.ResponseCompressionAlgorithm = "gzip");
        server.Behaviour.Unary = async (request, context) =>
        {
            switch (request.Text)
            {
                case "fail":
                    throw new RpcException(new Status(StatusCode.NotFound, "grüße 100%\n"), new Metadata { { "x-trailer", "gone" }, { "x-bytes-bin", [1, 2, 255] } });
                case "hang":
                    await Patience.UntilCancelled(context.CancellationToken);
                    break;
                default:
                    context.ResponseTrailers.Add("x-trailer", "there");
                    await context.WriteResponseHeadersAsync(new Metadata { { "x-header", context.RequestHeaders.GetValue("x-ask") ?? "none" } });
                    break;
            }

            return request;
        };

        var (exitCode, output) = await RunAsync("node", [NodePackages.Script, server.Address.Authority, EchoProto]);

        output.ShouldContain("all passed");
        exitCode.ShouldBe(0, output);
    }

    [NodePackagesFact]
    public async Task BufCurl_ByReflection_Calls()
    {
        await using var server = await StartWithReflectionAsync();

        var (exitCode, output) = await RunAsync(
            NodePackages.Buf,
            ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", "{\"text\":\"hello\",\"number\":7}", new Uri(server.Address, RawCall.UnaryPath).ToString()]);

        exitCode.ShouldBe(0, output);
        output.ShouldContain("\"hello\"");
    }

    [NodePackagesFact]
    public async Task BufCurl_ByReflectionV1Alpha_Streams()
    {
        await using var server = await StartWithReflectionAsync();

        var (exitCode, output) = await RunAsync(
            NodePackages.Buf,
            [
                "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", "grpc-v1alpha",
                "-d", "{\"text\":\"line\",\"number\":3}", new Uri(server.Address, "/imagebuilder.tests.Echo/ServerStream").ToString(),
            ]);

        exitCode.ShouldBe(0, output);
        output.Split("\"line\"").Length.ShouldBe(4);
    }

    [NodePackagesFact]
    public async Task BufCurl_Failure_TellsCodeAndMessage()
    {
        await using var server = await StartWithReflectionAsync();
        server.Behaviour.Unary = (_, _) => throw new RpcException(new Status(StatusCode.FailedPrecondition, "not now"));

        var (exitCode, output) = await RunAsync(
            NodePackages.Buf,
            ["curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", "{}", new Uri(server.Address, RawCall.UnaryPath).ToString()]);

        exitCode.ShouldNotBe(0);
        output.ShouldContain("failed_precondition");
        output.ShouldContain("not now");
    }

    private static string EchoProto => Path.Combine(NodePackages.ProjectFolder, "echo.proto");

    private static Task<EchoServer> StartWithReflectionAsync() => EchoServer.StartAsync(
        services: services => services.AddGrpcReflection(), map: application => application.MapGrpcReflectionService());

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = NodePackages.Folder };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        return (process.HasExited ? process.ExitCode : -1, await output + await errors);
    }
}
