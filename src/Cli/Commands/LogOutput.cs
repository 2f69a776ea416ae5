using Grpc.Core;
using ImageBuilder.Contracts;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

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
}
