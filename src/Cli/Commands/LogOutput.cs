using Grpc.Core;
using ImageBuilder.Cli.Requests;
using ImageBuilder.Contracts;
using ImageBuilder.Contracts.V1;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;

namespace ImageBuilder.Cli.Commands;

/// <summary>Shows a build's log as it is, byte for byte.</summary>
internal static class LogOutput
{
    /// <summary>Copies the log to standard output until the build ends.</summary>
    public static async Task FollowAsync(BuilderService.ImageBuilderClient client, LogsRequest request, CancellationToken cancellationToken)
    {
        await using var output = Console.OpenStandardOutput();
        using var call = client.Logs(request, cancellationToken: cancellationToken);
        await foreach (var part in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            await output.WriteAsync(part.Content.Memory, cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Copies what is asked for to standard output, across restarts of the service; what is no longer kept is told on standard error.</summary>
    public static async Task CopyAsync(BuildsClient client, ReadLogRequest request, CancellationToken cancellationToken)
    {
        await using var output = Console.OpenStandardOutput();
        await Reconnecting.ReadAsync(
            () => client.ReadLog(request, cancellationToken: cancellationToken),
            async part =>
            {
                if (part.Offset > request.Offset)
                {
                    await Console.Error.WriteLineAsync($"[{part.Offset - request.Offset} bytes of log are no longer kept]");
                }

                await output.WriteAsync(part.Content.Memory, cancellationToken);
                await output.FlushAsync(cancellationToken);
                request.Offset = part.NextOffset;
            },
            cancellationToken);
    }
}
