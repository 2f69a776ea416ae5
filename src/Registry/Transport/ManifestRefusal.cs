using System.Net;

namespace ImageBuilder.Registry.Transport;

/// <summary>Why a registry did not take a manifest.</summary>
public static class ManifestRefusal
{
    private static readonly string[] s_unsettled = ["DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN"];

    /// <summary>
    /// Whether another client that stores the same blob in the same repository is in the way, so that the manifest is taken a moment later. A registry that
    /// keeps its images in files (distribution 2.8) empties the file that links a blob to the repository before it writes it again; who needs the link just
    /// then is told of a blob that is unknown, and of a digest that is none: that of the empty file. A blob that is really unknown comes with the first only.
    /// </summary>
    /// <param name="answer">The answer to storing a manifest; its body can be read again afterwards.</param>
    /// <param name="cancellationToken">Ends the reading of the body.</param>
    public static async Task<bool> IsUnsettledAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.StatusCode != HttpStatusCode.BadRequest || answer.Content.Headers.ContentLength is null or > BoundedBody.MaximumError)
        {
            return false;
        }

        var codes = FailureAnswer.ReadCodes(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        return s_unsettled.All(codes.Contains) && codes.All(s_unsettled.Contains);
    }
}
