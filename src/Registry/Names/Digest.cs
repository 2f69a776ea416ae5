using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace ImageBuilder.Registry.Names;

/// <summary>
/// The hash that names a blob or a manifest by its content: <c>sha256:</c>, <c>sha384:</c> or <c>sha512:</c> and lowercase hexadecimal
/// digits of exactly that hash's length (OCI image specification, Descriptors, Digests; other algorithms are refused).
/// The default value is no digest: its <see cref="ToString"/> is empty.
/// </summary>
public readonly record struct Digest
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string? _value;

    private Digest(string value) => _value = value;

    /// <summary><c>sha256</c>, <c>sha384</c> or <c>sha512</c>.</summary>
    public string Algorithm => _value is null ? string.Empty : _value[.._value.IndexOf(':', StringComparison.Ordinal)];

    /// <summary>The lowercase hexadecimal digits after the colon.</summary>
    public string Hex => _value is null ? string.Empty : _value[(_value.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The SHA-256 digest of <paramref name="content"/>.</summary>
    public static Digest Compute(ReadOnlySpan<byte> content) => new("sha256:" + Convert.ToHexStringLower(SHA256.HashData(content)));

    /// <summary>Reads a digest.</summary>
    /// <exception cref="InvalidReferenceException">The text is no digest; the message says why.</exception>
    public static Digest Parse(string text) =>
        Check(text) is { } error ? throw new InvalidReferenceException(error) : new Digest(text);

    /// <summary>Reads a digest; false when the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        var valid = text is not null && Check(text) is null;
        digest = valid ? new Digest(text!) : default;
        return valid;
    }

    /// <inheritdoc />
    public override string ToString() => _value ?? string.Empty;

    /// <summary>The hash function of this digest, to be fed with content.</summary>
    internal IncrementalHash CreateHash() => IncrementalHash.CreateHash(Algorithm switch
    {
        "sha256" => HashAlgorithmName.SHA256,
        "sha384" => HashAlgorithmName.SHA384,
        "sha512" => HashAlgorithmName.SHA512,
        _ => throw new InvalidOperationException("there is no digest to check against"),
    });

    /// <summary>Whether <paramref name="content"/> has this digest.</summary>
    internal bool Matches(ReadOnlySpan<byte> content)
    {
        using var hash = CreateHash();
        hash.AppendData(content);
        return Matches(hash);
    }

    /// <summary>Whether what was fed to <paramref name="hash"/> has this digest.</summary>
    internal bool Matches(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetCurrentHash()) == Hex;

    /// <summary>What is wrong with <paramref name="text"/>, or null.</summary>
    internal static string? Check(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return $"invalid digest \"{Shown.Text(text)}\": it has the form sha256:<64 hexadecimal digits>";
        }

        var length = text[..colon] switch
        {
            "sha256" => 64,
            "sha384" => 96,
            "sha512" => 128,
            _ => 0,
        };
        if (length == 0)
        {
            return $"unsupported digest algorithm \"{Shown.Text(text[..colon])}\": use sha256, sha384 or sha512";
        }

        var hex = text.AsSpan(colon + 1);
        return hex.Length != length || hex.ContainsAnyExcept(HexDigits)
            ? $"invalid digest \"{Shown.Text(text)}\": {text[..colon]} has exactly {length} lowercase hexadecimal digits"
            : null;
    }
}
