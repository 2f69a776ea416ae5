using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ImageBuilder.Registry.Transport;

/// <summary>One PEM file of certificate authorities; read again when it has changed.</summary>
internal sealed class CaBundle
{
    private const int MaximumSize = 8 << 20;

    private readonly Lock _lock = new();
    private readonly string _path;
    private (DateTime Written, long Length) _version;
    private X509Certificate2Collection _authorities;

    /// <summary>Reads the file.</summary>
    /// <exception cref="TransportSettingsException">It cannot be read, or holds no certificate.</exception>
    public CaBundle(string path)
    {
        _path = path;
        try
        {
            _version = Version();
            _authorities = Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new TransportSettingsException($"CA bundle {path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The authorities of the file as it is now; as it was, while it cannot be read.</summary>
    public X509Certificate2Collection Authorities
    {
        get
        {
            lock (_lock)
            {
                try
                {
                    if (Version() is var version && version != _version)
                    {
                        _authorities = Read();
                        _version = version;
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or TransportSettingsException)
                {
                    // It is being replaced, or was replaced by something else: the authorities that were trusted stay so.
                }

                return _authorities;
            }
        }
    }

    private (DateTime Written, long Length) Version() => new FileInfo(_path) is var file ? (file.LastWriteTimeUtc, file.Length) : default;

    private X509Certificate2Collection Read()
    {
        if (new FileInfo(_path).Length > MaximumSize)
        {
            throw new TransportSettingsException($"CA bundle {_path} is larger than {MaximumSize >> 20} MiB");
        }

        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(_path);
        return certificates.Count > 0 ? certificates : throw new TransportSettingsException($"CA bundle {_path} holds no certificate in PEM form");
    }
}
