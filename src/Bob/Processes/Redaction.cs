using System.Text;

namespace ImageBuilder.Bob.Processes;

/// <summary>
/// Passes bytes on without the secrets in them. What may be the beginning of a secret is held back until a line break, which no secret has, or more
/// bytes follow.
/// </summary>
/// <param name="secrets">What must not show; those of fewer than <see cref="MinLength"/> characters are passed over.</param>
/// <param name="next">Takes what may be shown.</param>
internal sealed class Redaction(IEnumerable<string> secrets, Func<ReadOnlyMemory<byte>, CancellationToken, Task> next)
{
    /// <summary>Characters of the shortest secret that is looked for; shorter ones are words like any other.</summary>
    public const int MinLength = 6;

    private readonly byte[][] _secrets =
        [.. secrets.Where(secret => secret.Length >= MinLength).Select(Encoding.UTF8.GetBytes).OrderByDescending(secret => secret.Length)];

    private byte[] _held = [];

    /// <summary>The forms in which a login may show.</summary>
    public static IEnumerable<string> FormsOf(string user, string password)
    {
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        return password.Length == 0 ? [] : [password, Uri.EscapeDataString(password), base64, base64.TrimEnd('=')];
    }

    /// <summary>Takes <paramref name="bytes"/>.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_secrets.Length == 0)
        {
            await next(bytes, cancellationToken);
            return;
        }

        var clean = Clean([.. _held, .. bytes.Span]);
        var lines = clean.AsSpan().LastIndexOfAny((byte)'\n', (byte)'\r') + 1;
        var certain = Math.Max(lines, clean.Length - (_secrets[0].Length - 1));
        _held = clean[certain..];
        await next(clean.AsMemory(0, certain), cancellationToken);
    }

    /// <summary>Passes on what was held back.</summary>
    public Task CompleteAsync(CancellationToken cancellationToken) => next(_held, cancellationToken);

    private byte[] Clean(byte[] bytes)
    {
        foreach (var secret in _secrets)
        {
            for (var at = bytes.AsSpan().IndexOf(secret); at >= 0; at = bytes.AsSpan().IndexOf(secret))
            {
                bytes = [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + secret.Length)];
            }
        }

        return bytes;
    }
}
