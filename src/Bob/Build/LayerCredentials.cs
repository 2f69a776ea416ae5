using System.Security.Cryptography;
using System.Text;
using ImageBuilder.Bob.Commands;
using ImageBuilder.Bob.Proxy;

namespace ImageBuilder.Bob.Build;

/// <summary>The credentials of a bob that has no proxy beside it, in the variables that the wire contract names. They go to a proxy inside bob, so the engine has none of them.</summary>
internal static class LayerCredentials
{
    private const string BaseLayer = "BOB_BASELAYER_AUTH";
    private const string WorkspaceLayer = "BOB_WSLAYER_AUTH";
    private const string Key = "BOB_AUTH_KEY";
    private const int KeySize = 32;

    /// <summary>Reads them; null when there are none.</summary>
    /// <exception cref="UsageException">One of the variables is not as it must be; the message never shows a value.</exception>
    public static ProxyCredentials? Read(Func<string, string?> variable)
    {
        var key = Encoding.UTF8.GetBytes(variable(Key) ?? string.Empty);
        if (key.Length is not (0 or KeySize))
        {
            throw new UsageException($"{Key}: must be exactly {KeySize} bytes");
        }

        var (baseLayer, workspaceLayer) = (Open(BaseLayer), Open(WorkspaceLayer));
        try
        {
            return baseLayer.Length + workspaceLayer.Length == 0 ? null : ProxyCredentials.OfLayers(baseLayer, workspaceLayer, (BaseLayer, WorkspaceLayer));
        }
        catch (FormatException exception)
        {
            throw new UsageException(exception.Message);
        }

        string Open(string name) => variable(name) is not { Length: > 0 } value ? string.Empty : key.Length == 0 ? value : Decrypt(name, value, key);
    }

    // The nonce, what is encrypted, and its tag, one after another.
    private static string Decrypt(string name, string value, byte[] key)
    {
        try
        {
            var box = Convert.FromBase64String(value.TrimEnd('=') + new string('=', -value.TrimEnd('=').Length & 3)).AsSpan();
            var (nonce, tag) = (AesGcm.NonceByteSizes.MaxSize, AesGcm.TagByteSizes.MaxSize);
            var text = new byte[Math.Max(0, box.Length - nonce - tag)];
            using var cipher = new AesGcm(key, tag);
            cipher.Decrypt(box[..nonce], box[nonce..^tag], box[^tag..], text);
            return Encoding.UTF8.GetString(text);
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"{name}: must be unpadded base64 of what AES-256-GCM made with {Key}, the nonce first");
        }
    }
}
