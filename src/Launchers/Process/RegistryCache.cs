using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageBuilder.Builds;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// The images in which BuildKit keeps what steps made, for builds on other machines. What such an image says a step made is believed, so each is read and written by the
/// builds of one owner, and of one Dockerfile of one repository: neither another owner nor a stranger's repository that the owner has built decides what is in his image.
/// </summary>
internal static class RegistryCache
{
    /// <summary>The image of <paramref name="order"/> in <paramref name="repository"/>; null when it has none, as what nobody in particular builds does.</summary>
    public static string? ReferenceFor(BuildOrder order, string? repository)
    {
        if (repository is null || order is not { BuildBase: true, Context: { } context, Owner.Length: > 0 })
        {
            return null;
        }

        string[] values = [order.Owner, context.RemoteUri, context.DockerfilePath, context.ContextPath, order.Extras.Stage, order.Extras.Platform];
        // With the length before each, so that none can run into the next.
        var text = string.Concat(values.Select(value => string.Create(CultureInfo.InvariantCulture, $"{value.Length}:{value}")));
        return $"{repository}:cache-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
    }
}
