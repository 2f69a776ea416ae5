using Grpc.Core;
using ImageBuilder.Builds;
using ImageBuilder.Contracts;
using ImageBuilder.Gateway.Following;
using ImageBuilder.Gateway.Requests;
using ImageBuilder.Grains;
using ImageBuilder.Grains.Messages;
using ImageBuilder.Registry.Names;
using Orleans;

namespace ImageBuilder.Gateway;

/// <summary>Looks images up by way of their grains, and tells what the registry said in the words of the wire contract.</summary>
internal sealed class Images(IGrainFactory grains, NamedImages names, GrainCalls calls, GatewayOptions options, TimeProvider clock)
{
    private readonly SharedCalls<(IReferenceGrain Reference, ResolveQuery Query), ResolveAnswer> _shared = new();

    /// <summary>The digested form of the image named by <paramref name="text"/>.</summary>
    /// <exception cref="RpcException">It does not parse, does not exist, may not be seen, or could not be asked for.</exception>
    public async Task<string> ResolveAsync(string text, RegistryAccessMessage access, bool patient, CancellationToken cancellationToken)
    {
        var image = Find(text);
        var answer = await AskAsync(image.Reference, new ResolveQuery(access, options.Freshness, patient), cancellationToken);
        return answer.Outcome switch
        {
            ResolveOutcome.Found => $"{image.RepositoryName}@{answer.Digest}",
            ResolveOutcome.NotFound => throw new RpcException(new Status(StatusCode.NotFound, "cannot resolve image")),
            ResolveOutcome.Denied => throw new RpcException(new Status(StatusCode.Unauthenticated, "cannot resolve image")),
            ResolveOutcome.RateLimited => throw new RpcException(
                new Status(StatusCode.Unavailable, $"upstream registry responds with 'too many request': {answer.Message}")),
            _ => throw new RpcException(new Status(StatusCode.Internal, $"cannot resolve image: {answer.Message}")),
        };
    }

    /// <summary>Whether the registry has the image now.</summary>
    /// <param name="reference">The image, normalised.</param>
    /// <param name="access">Which credentials may be used.</param>
    /// <param name="patient">Whether "too many requests" is waited out.</param>
    /// <param name="otherwise">Begins the message when the registry gives no clear answer.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="RpcException">Internal: the registry gave no clear answer.</exception>
    public async Task<bool> ExistsAsync(
        string reference, RegistryAccessMessage access, bool patient, string otherwise, CancellationToken cancellationToken)
    {
        var manifest = grains.GetGrain<IReferenceGrain>(ReferenceKey.OfManifest(ImageReference.Parse(reference)));
        var answer = await AskAsync(manifest, new ResolveQuery(access, MaxAge: TimeSpan.Zero, patient), cancellationToken);
        return answer.Outcome switch
        {
            ResolveOutcome.Found => true,
            ResolveOutcome.NotFound => false,
            _ => throw new RpcException(new Status(StatusCode.Internal, $"{otherwise}: {answer.Message}")),
        };
    }

    /// <summary>The base image that a source leads to with <paramref name="extras"/>, and through it the workspace image.</summary>
    /// <exception cref="RpcException">The base image cannot be told.</exception>
    public async Task<(string BaseRef, string WorkspaceRef)> NameAsync(
        BuildSource? source, BuildExtras extras, RegistryAccessMessage access, bool patient, CancellationToken cancellationToken)
    {
        var baseRef = source?.FromCase switch
        {
            BuildSource.FromOneofCase.Ref => await ResolveAsync(source.Ref.Ref, access, patient, cancellationToken),
            BuildSource.FromOneofCase.File => options.Repositories.BaseReference(SourceReader.ReadIdentity(source.File), extras),
            _ => throw new RpcException(new Status(StatusCode.Internal, "cannot resolve base image: invalid base image")),
        };
        return (baseRef, options.Repositories.WorkspaceReference(baseRef));
    }

    private NamedImage Find(string text)
    {
        try
        {
            return names.Find(text);
        }
        catch (InvalidReferenceException error)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"cannt resolve base image ref: {error.Message}"));
        }
    }

    private async Task<ResolveAnswer> AskAsync(IReferenceGrain reference, ResolveQuery query, CancellationToken cancellationToken)
    {
        try
        {
            return await ReferenceQuestion.AskAsync(
                asked => CallAsync(reference, asked, cancellationToken), query, clock, cancellationToken);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return new ResolveAnswer(ResolveOutcome.Failed, string.Empty, $"the service cannot look it up at the moment: {error.Message}");
        }
    }

    /// <summary>
    /// Who would take an answer of before his question shares the call that is under way for the same, so that an image that everybody asks for takes its grain one
    /// call at a time from each gateway.
    /// </summary>
    private Task<ResolveAnswer> CallAsync(IReferenceGrain reference, ResolveQuery query, CancellationToken cancellationToken) => query.MaxAge > TimeSpan.Zero
        ? _shared.CallAsync((reference, query), abandoned => calls.RetryAsync(() => reference.Resolve(query), abandoned), cancellationToken)
        : calls.RetryAsync(() => reference.Resolve(query), cancellationToken);
}
