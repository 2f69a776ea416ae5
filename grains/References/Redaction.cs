using System.Text.RegularExpressions;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Grains.References;

/// <summary>Takes secrets out of what a registry said: one that repeats what it was sent would show the installation's credential to whoever asks.</summary>
internal static partial class Redaction
{
    private const string Hidden = "…";

    /// <summary><paramref name="text"/> without any secret of <paramref name="credential"/> and without anything that looks like a token.</summary>
    public static string Of(string text, RegistryCredential? credential)
    {
        string?[] secrets = [credential?.Password, credential?.IdentityToken, credential?.RegistryToken, credential?.RawAuth, credential?.Auth];
        foreach (var secret in secrets.Where(secret => !string.IsNullOrEmpty(secret)))
        {
            text = text.Replace(secret!, Hidden, StringComparison.Ordinal);
        }

        return WebToken().Replace(text, Hidden);
    }

    [GeneratedRegex(@"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*")]
    private static partial Regex WebToken();
}
