namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// The credentials of a docker config file. The file is read on every call, so a change counts at once, with no restart, also where
/// the file is a link into a mounted Kubernetes secret.
/// </summary>
/// <param name="path">The file, at most 1 MiB.</param>
/// <param name="onReloadFailed">
/// Told once for each change that cannot be read; the credentials read before stay in use then. Without it such a change makes every
/// call fail. The first read always fails loudly.
/// </param>
public sealed class DockerConfigCredentials(string path, Action<CredentialsException>? onReloadFailed = null) : ICredentialSource
{
    private const int MaximumSize = 1 << 20;

    private readonly Lock _lock = new();
    private byte[]? _bytes;
    private DockerConfig? _config;
    private string? _reported;

    /// <inheritdoc />
    public async ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken)).Find(host);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken) =>
        (await ReadAsync(cancellationToken)).Hosts;

    private async Task<DockerConfig> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Read(await ReadFileAsync(cancellationToken));
        }
        catch (CredentialsException e) when (onReloadFailed is not null && _config is not null)
        {
            Report(e, onReloadFailed);
            return _config;
        }
    }

    private DockerConfig Read(byte[] bytes)
    {
        lock (_lock)
        {
            if (_config is not null && bytes.AsSpan().SequenceEqual(_bytes))
            {
                _reported = null;
                return _config;
            }

            try
            {
                _config = DockerConfig.Parse(bytes);
            }
            catch (CredentialsException e)
            {
                throw new CredentialsException($"cannot use docker config file {path}: {e.Message}", e);
            }

            (_bytes, _reported) = (bytes, null);
            return _config;
        }
    }

    private async Task<byte[]> ReadFileAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaximumSize)
            {
                throw new CredentialsException($"cannot use docker config file {path}: it is larger than {MaximumSize} bytes");
            }

            var bytes = new byte[file.Length];
            var length = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            return bytes[..length];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CredentialsException($"cannot read docker config file {path}: {e.Message}", e);
        }
    }

    private void Report(CredentialsException exception, Action<CredentialsException> report)
    {
        lock (_lock)
        {
            if (_reported == exception.Message)
            {
                return;
            }

            _reported = exception.Message;
        }

        report(exception);
    }
}
