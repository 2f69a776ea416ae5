using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;

namespace ImageBuilder.Registry.Tests.Client;

/// <summary>Blobs from memory.</summary>
internal static class Blobs
{
    public static BlobSource Of(byte[] content) =>
        new(Digest.Compute(content), content.Length, (offset, _) => Task.FromResult<Stream>(new MemoryStream(content, (int)offset, content.Length - (int)offset)));
}
