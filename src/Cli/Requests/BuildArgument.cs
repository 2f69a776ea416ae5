using System.CommandLine;
using ImageBuilder.Contracts.V1;
using BuildsClient = ImageBuilder.Contracts.V1.Builds.BuildsClient;

namespace ImageBuilder.Cli.Requests;

/// <summary>Argument <c>build</c>: which build is meant, by its id or by the image that it makes.</summary>
internal sealed class BuildArgument : Argument<string>
{
    public BuildArgument()
        : base("build") => Description = "The build's id, or the workspace image that it makes, for which the latest build is meant.";

    /// <summary>The request for the build that the command line names.</summary>
    public GetBuildRequest Read(ParseResult parsed)
    {
        var name = parsed.GetRequiredValue(this);
        return Guid.TryParse(name, out var id) ? new GetBuildRequest { BuildId = id.ToString() } : new GetBuildRequest { WorkspaceRef = name };
    }

    /// <summary>The id of the build that the command line names; the service is asked for it when an image was named.</summary>
    public async Task<string> ResolveAsync(BuildsClient client, ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = Read(parsed);
        return request.BuildCase == GetBuildRequest.BuildOneofCase.BuildId
            ? request.BuildId
            : (await client.GetBuildAsync(request, cancellationToken: cancellationToken)).BuildId;
    }
}
