namespace ImageBuilder.Bob.Init;

/// <summary>
/// The authorities that git is to trust: the system's and those given. Git takes one file in place of the system's, so the two are written into one, for as
/// long as this lives.
/// </summary>
internal sealed class CertificateAuthorities : IDisposable
{
    private const int MaximumSize = 16 << 20;

    // Where distributions keep the authorities of the whole system in one file.
    private static readonly string[] SystemFiles =
    [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
    ];

    private CertificateAuthorities(string path) => FilePath = path;

    /// <summary>The file of all of them.</summary>
    public string FilePath { get; }

    /// <summary>Writes the system's authorities and those of <paramref name="bundles"/> into a temporary file; null when there are no bundles.</summary>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    public static async Task<CertificateAuthorities?> CombineAsync(IReadOnlyList<string> bundles, CancellationToken cancellationToken)
    {
        if (bundles.Count == 0)
        {
            return null;
        }

        var system = new[] { Environment.GetEnvironmentVariable("SSL_CERT_FILE") }.Concat(SystemFiles).FirstOrDefault(File.Exists);
        var combined = new CertificateAuthorities(Path.Combine(Path.GetTempPath(), $"ca-{Guid.NewGuid():N}.pem"));
        try
        {
            await using var target = new FileStream(combined.FilePath, FileMode.CreateNew, FileAccess.Write);
            foreach (var path in new[] { system }.Concat(bundles).OfType<string>())
            {
                await using var source = File.OpenRead(path);
                if (source.Length > MaximumSize)
                {
                    throw new IOException($"{path} is larger than {MaximumSize >> 20} MiB");
                }

                await source.CopyToAsync(target, cancellationToken);
                // A file may end without a line break, and the next begins with a line.
                await target.WriteAsync("\n"u8.ToArray(), cancellationToken);
            }

            return combined;
        }
        catch
        {
            combined.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose() => File.Delete(FilePath);
}
