using ImageBuilder.Silo.Configuration;
using Microsoft.Extensions.Logging;

namespace ImageBuilder.Silo.Tls;

/// <summary>
/// Certificates in files, which somebody else renews: they are read again for the first connection that comes a second or more after the last look. Files of which
/// not all are new yet, or that cannot be used, change nothing and are told once.
/// </summary>
internal sealed partial class CertificateFiles
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly string _section;
    private readonly ITlsFiles _files;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private TlsCertificates _current;
    private string? _seen;
    private long _looked;

    /// <summary>Reads them.</summary>
    /// <param name="section">The section of the configuration that names them.</param>
    /// <param name="files">Where they are.</param>
    /// <param name="clock">Times the looks.</param>
    /// <param name="logger">Is told of changes.</param>
    /// <exception cref="ConfigurationException">They cannot be used.</exception>
    public CertificateFiles(string section, ITlsFiles files, TimeProvider clock, ILogger<CertificateFiles> logger)
    {
        (_section, _files, _clock, _logger) = (section, files, clock, logger);
        _current = TlsCertificates.Read(section, files);
    }

    /// <summary>The certificates as the files have them now; as they had them, while they cannot be used.</summary>
    public TlsCertificates Current
    {
        get
        {
            lock (_lock)
            {
                if (_clock.GetElapsedTime(_looked) >= Period)
                {
                    Look();
                }

                return _current;
            }
        }
    }

    private void Look()
    {
        _looked = _clock.GetTimestamp();
        try
        {
            var texts = TlsTexts.Read(_files);
            if (texts.Digest is var digest && digest != _seen)
            {
                _seen = digest;
                _current = TlsCertificates.Parse(_section, texts);
                LogRead(_logger, _section, _current.Own.TargetCertificate.NotAfter.ToUniversalTime());
            }
        }
        catch (ConfigurationException refused)
        {
            LogRefused(_logger, refused.Error.ToString());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (_seen is not null)
            {
                LogRefused(_logger, $"{_section}: {error.Message}");
            }

            _seen = null;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The certificates of {Section} were read; the own one is valid until {NotAfter:u}")]
    private static partial void LogRead(ILogger logger, string section, DateTime notAfter);

    [LoggerMessage(2, LogLevel.Error, "Certificates were changed and cannot be used, so those read before stay in use: {Problem}")]
    private static partial void LogRefused(ILogger logger, string problem);
}
