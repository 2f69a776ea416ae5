using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Registry.Credentials;

/// <summary>
/// The credentials of a docker config file. The file is read again after a second, so a change counts with no restart, also where the file is a
/// link into a mounted Kubernetes secret; what its helpers said is forgotten then. As in docker, a registry's own helper comes before
/// the store, and that before the file itself; other than in docker, one that has no credential leaves the question to the next.
/// </summary>
/// <param name="path">The file, at most 1 MiB.</param>
/// <param name="onReloadFailed">
/// Told once for each change that cannot be read; the credentials read before stay in use then. Without it such a change makes every
/// call fail. The first read always fails loudly.
/// </param>
/// <param name="helperOptions">How the helpers that the file names are asked; null for the defaults.</param>
/// <param name="time">The clock; null for the system's.</param>
public sealed class DockerConfigCredentials(
    string path, Action<CredentialsException>? onReloadFailed = null, CredentialHelperOptions? helperOptions = null, TimeProvider? time = null) : ICredentialSource
{
    private const int MaximumSize = 1 << 20;

    private static readonly TimeSpan s_rereadAfter = TimeSpan.FromSeconds(1);

    private readonly CredentialHelperOptions _helperOptions = helperOptions ?? new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly CredentialHelperProcess _process = new(helperOptions ?? new(), time ?? TimeProvider.System);

    private readonly SingleFlightCache<Loaded> _current = new(time ?? TimeProvider.System, capacity: 1);
    private readonly Lock _lock = new();
    private byte[]? _bytes;
    private Loaded? _loaded;
    private string? _reported;

    /// <inheritdoc />
    public async ValueTask<RegistryCredential?> FindAsync(string host, CancellationToken cancellationToken)
    {
        var (config, helpers) = await ReadAsync(cancellationToken);
        foreach (var helper in config.HelpersFor(host))
        {
            if (await helpers.FindAsync(helper, host, cancellationToken) is { } credential)
            {
                return credential;
            }
        }

        return config.Find(host);
    }

    /// <inheritdoc />
    public async ValueTask<IReadOnlyCollection<string>> ListHostsAsync(CancellationToken cancellationToken)
    {
        var (config, helpers) = await ReadAsync(cancellationToken);
        return config.Store is { } store ? [.. config.Hosts.Union(await helpers.ListHostsAsync(store, cancellationToken))] : config.Hosts;
    }

    private Task<Loaded> ReadAsync(CancellationToken cancellationToken) =>
        _current.GetAsync(path, null, async () => new Fetched<Loaded>(await ReadAgainAsync(), s_rereadAfter), cancellationToken);

    private async Task<Loaded> ReadAgainAsync()
    {
        try
        {
            return Read(await ReadFileAsync());
        }
        catch (CredentialsException e) when (onReloadFailed is not null && _loaded is not null)
        {
            Report(e, onReloadFailed);
            return _loaded;
        }
    }

    private Loaded Read(byte[] bytes)
    {
        lock (_lock)
        {
            if (_loaded is not null && bytes.AsSpan().SequenceEqual(_bytes))
            {
                _reported = null;
                return _loaded;
            }

            try
            {
                _loaded = new Loaded(DockerConfig.Parse(bytes), new CredentialHelpers(_process, _helperOptions, _time));
            }
            catch (CredentialsException e)
            {
                throw new CredentialsException($"cannot use docker config file {path}: {e.Message}", e);
            }

            (_bytes, _reported) = (bytes, null);
            return _loaded;
        }
    }

    private async Task<byte[]> ReadFileAsync()
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaximumSize)
            {
                throw new CredentialsException($"cannot use docker config file {path}: it is larger than {MaximumSize} bytes");
            }

            var bytes = new byte[file.Length];
            var length = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false);
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

    private sealed record Loaded(DockerConfig Config, CredentialHelpers Helpers);
}
