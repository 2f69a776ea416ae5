using Grpc.Net.Client;
using ImageBuilder.Contracts;
using BuilderService = ImageBuilder.Contracts.ImageBuilder;

namespace ImageBuilder.Integration.Tests.Resolves;

/// <summary>Many clients of a service, over several connections.</summary>
public sealed class Crowd : IDisposable
{
    private const int Channels = 10;

    private readonly GrpcChannel[] _channels;
    private readonly BuilderService.ImageBuilderClient[] _clients;

    public Crowd(IReadOnlyList<string> addresses)
    {
        _channels = [.. Enumerable.Range(0, Channels).Select(channel => GrpcChannel.ForAddress(addresses[channel % addresses.Count]))];
        _clients = [.. _channels.Select(channel => new BuilderService.ImageBuilderClient(channel))];
    }

    /// <summary>All of the questions at once; each answer is the resolved reference.</summary>
    public async Task<string[]> ResolveAsync(IEnumerable<ResolveBaseImageRequest> questions, CancellationToken cancellationToken) =>
        await Task.WhenAll(questions.Select((question, caller) => ResolveAsync(caller, question, cancellationToken)));

    /// <summary>As <see cref="ResolveAsync(IEnumerable{ResolveBaseImageRequest}, CancellationToken)"/>, no more at once than a small registry bears.</summary>
    public async Task<string[]> ResolveByTurnsAsync(IReadOnlyList<ResolveBaseImageRequest> questions, CancellationToken cancellationToken)
    {
        var answers = new string[questions.Count];
        await Parallel.ForAsync(
            0,
            questions.Count,
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken },
            async (i, token) => answers[i] = await ResolveAsync(i, questions[i], token));
        return answers;
    }

    public async Task<string> ResolveAsync(int caller, ResolveBaseImageRequest question, CancellationToken cancellationToken) =>
        (await _clients[caller % Channels].ResolveBaseImageAsync(question, cancellationToken: cancellationToken)).Ref;

    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }
    }
}
