using System.Security.Cryptography;
using Grpc.Core;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Logs;

/// <summary>A client that follows one log and remembers what it got.</summary>
public sealed class LogFollower : IDisposable
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Ends with the first bytes.</summary>
    public Task Begun => _begun.Task;

    /// <summary>Follows until the log ends or <paramref name="cancellationToken"/>.</summary>
    /// <param name="address">The service.</param>
    /// <param name="workspaceRef">The image whose build is followed.</param>
    /// <param name="rate">Bytes a second that it reads at the most; 0 for all that come.</param>
    /// <param name="cancellationToken">Ends it; what it got counts.</param>
    public async Task<FollowedLog> FollowAsync(string address, string workspaceRef, long rate, CancellationToken cancellationToken)
    {
        using var client = new ServiceClient(address);
        var (length, messages, last, ended) = (0L, 0, default(DateTimeOffset), false);
        try
        {
            using var call = client.Rpc.Logs(new LogsRequest { BuildRef = workspaceRef }, cancellationToken: cancellationToken);
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                var content = call.ResponseStream.Current.Content;
                _hash.AppendData(content.Span);
                length += content.Length;
                messages++;
                last = DateTimeOffset.UtcNow;
                _begun.TrySetResult();
                if (rate > 0)
                {
                    await Task.Delay(TimeSpan.FromSeconds((double)content.Length / rate), cancellationToken);
                }
            }

            ended = true;
        }
        catch (Exception error) when (cancellationToken.IsCancellationRequested && error is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            // Told to.
        }

        return new FollowedLog(length, Convert.ToHexStringLower(_hash.GetHashAndReset()), messages, last, ended);
    }

    /// <inheritdoc />
    public void Dispose() => _hash.Dispose();
}

/// <summary>What a follower got.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Hash">Their SHA-256, in lowercase hexadecimal.</param>
/// <param name="Messages">Messages that brought them.</param>
/// <param name="Last">When the last came.</param>
/// <param name="Ended">Whether the stream ended by itself.</param>
public sealed record FollowedLog(long Length, string Hash, int Messages, DateTimeOffset Last, bool Ended);
