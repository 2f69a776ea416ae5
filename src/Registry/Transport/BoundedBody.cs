namespace ImageBuilder.Registry.Transport;

/// <summary>Reads bodies that must be small.</summary>
internal static class BoundedBody
{
    /// <summary>The largest manifest, in bytes: the limit that registries themselves keep (OCI distribution specification, Pushing Manifests).</summary>
    public const int MaximumManifest = 4 << 20;

    /// <summary>The largest answer of a token endpoint, in bytes.</summary>
    public const int MaximumToken = 256 << 10;

    /// <summary>How much of an error's body is read, in bytes.</summary>
    public const int MaximumError = 16 << 10;

    /// <summary>The whole body, or null when it is larger than <paramref name="limit"/> bytes; no more than that is ever read.</summary>
    public static async Task<byte[]?> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > limit)
        {
            return null;
        }

        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream((int)(content.Headers.ContentLength ?? 0));
        var buffer = new byte[16 << 10];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (body.Length + count > limit)
            {
                return null;
            }

            body.Write(buffer, 0, count);
        }

        return body.ToArray();
    }
}
