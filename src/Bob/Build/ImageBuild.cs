using System.Net;
using System.Security.Cryptography;
using System.Text;
using ImageBuilder.Bob.Outcomes;
using ImageBuilder.Bob.Proxy;
using ImageBuilder.Bob.Workspaces;
using ImageBuilder.Registry.Client;
using ImageBuilder.Registry.Names;
using ImageBuilder.Registry.Transport;

namespace ImageBuilder.Bob.Build;

/// <summary>One build, from the context's arrival to the target image in its registry. It has no credential; the proxy does.</summary>
internal sealed class ImageBuild(BuildSettings settings, Workspace workspace, TimeProvider time)
{
    /// <summary>How long the build context is waited for (wire contract, bob).</summary>
    internal static readonly TimeSpan ContextPatience = TimeSpan.FromMinutes(30);

    private static readonly TimeSpan s_proxyPatience = TimeSpan.FromMinutes(1);

    private BuildSettings _settings = settings;

    /// <summary>Builds.</summary>
    /// <exception cref="BobException">The build failed.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var secrets = _settings.Extras.Secrets;
        if (_settings.ProxyAddressFile is { Length: > 0 } addressFile)
        {
            await AwaitedFile.WaitAsync(
                addressFile, s_proxyPatience, FailureReason.Internal, "the registry proxy did not come up", time, cancellationToken);
            _settings = _settings.Through(File.ReadAllText(addressFile).Trim());
        }

        if (_settings.ProxyKeyFile is { Length: > 0 } keyFile)
        {
            _settings = _settings with { ProxyLogin = ProxyKey.LoginOf(ReadKey(keyFile)) };
        }

        await using var proxy = _settings.Credentials is { } credentials ? await StartProxyAsync(credentials, cancellationToken) : null;

        // While the context is on its way, and on a thread of its own: what a first request costs this process, the proxy and the registry is then paid
        // while the engine is made ready.
        using var registry = new RegistryClient();
        var baseImage = Task.Run(() => registry.HeadManifestAsync(_settings.Base, _settings.ProxyLogin, RegistryCall.Patient, cancellationToken), cancellationToken);
        var target = Task.Run(() => registry.HeadManifestAsync(_settings.Target, _settings.ProxyLogin, RegistryCall.Default, cancellationToken), cancellationToken);
        var engine = _settings.BuildBase ? Engines.Create(_settings, registry, time) : null;
        Task? tidied = null;
        try
        {
            using var needless = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var prepared = engine is null ? Task.CompletedTask : engine.PrepareAsync(needless.Token);
            var arrived = AwaitedFile.WaitAsync(
                workspace.Outcomes.ReadyFile, ContextPatience, FailureReason.Timeout, "build failed: the build context did not arrive", time, cancellationToken);
            var input = engine is null ? null : ReadInputAsync(arrived, cancellationToken);
            var isBuilt = engine is not null && (!await ExistsAsync(baseImage) || _settings.NoCache);
            await (isBuilt ? Task.CompletedTask : needless.CancelAsync());
            await prepared.ConfigureAwait(isBuilt ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.SuppressThrowing);
            await arrived;

            // The copy hashes; that library takes as long to load as a request or two.
            _ = Task.Run(() => SHA256.HashData([]), CancellationToken.None);
            await (isBuilt ? engine!.BuildAsync(await input!, cancellationToken) : RequireAsync(baseImage));

            // That takes the engine about as long as the copy takes the registry.
            tidied = engine?.DisposeAsync().AsTask();
            await CopyToTargetAsync(registry, await IsMissingAsync(target), cancellationToken);
        }
        finally
        {
            await (tidied ?? engine?.DisposeAsync().AsTask() ?? Task.CompletedTask);
        }
    }

    private static string ReadKey(string file)
    {
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (IOException error)
        {
            throw new BobException(FailureReason.Internal, $"build failed: the registry proxy's password cannot be read: {error.Message}");
        }
    }

    private async Task<ProxyServer> StartProxyAsync(ProxyCredentials credentials, CancellationToken cancellationToken)
    {
        var key = ProxyKey.New();
        var proxy = await ProxyServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), new RegistryTransportOptions(), key: key, time: time, cancellationToken: cancellationToken);
        ProxyAlias?[] aliases =
        [
            new ProxyAlias(ProxyAlias.Base, _settings.Base),
            new ProxyAlias(ProxyAlias.Target, _settings.Target),
            _settings.Cache is { } cache ? ProxyAlias.OfCache(cache) : null,
        ];
        proxy.Serve(new ProxyRouter([.. aliases.OfType<ProxyAlias>()], credentials));
        _settings = _settings.Behind(proxy.Address.ToString(), key);
        return proxy;
    }

    // Whether there is a Dockerfile matters only if it is built.
    private async Task<BuildInput> ReadInputAsync(Task arrived, CancellationToken cancellationToken)
    {
        await arrived;
        var dockerfile = workspace.Resolve(_settings.DockerfilePath, out var below);
        if (!File.Exists(dockerfile))
        {
            throw new BobException(
                FailureReason.DockerfileNotFound,
                $"could not find Dockerfile at \"{below}\". Please double-check the value specified in image.file in .gitpod.yml");
        }

        var context = workspace.Resolve(_settings.ContextFolder.Length > 0 ? _settings.ContextFolder : Path.GetDirectoryName(_settings.DockerfilePath)!, out var contextBelow);
        if (!Directory.Exists(context))
        {
            throw new BobException(FailureReason.ContextUnavailable, $"build failed: the build context \"{contextBelow}\" is no folder of the repository");
        }

        CheckIgnoreFiles(dockerfile, context);
        return new BuildInput(dockerfile, await ParseAsync(dockerfile, cancellationToken), context);
    }

    // Engines read these on this machine, wherever a link leads, and show all of what they find when it is no pattern.
    private void CheckIgnoreFiles(string dockerfile, string context)
    {
        foreach (var name in new[] { ".dockerignore", ".containerignore" })
        {
            foreach (var file in new[] { dockerfile + name, Path.Combine(context, name) })
            {
                if (workspace.Resolve(file, out var below) is null && new FileInfo(file).LinkTarget is not null)
                {
                    throw new BobException(FailureReason.ContextUnavailable, $"build failed: \"{below}\" is a link to nothing");
                }
            }
        }
    }

    private async Task<Dockerfile> ParseAsync(string dockerfile, CancellationToken cancellationToken) => Dockerfile.Parse(
        await ReadAsync(dockerfile, cancellationToken), _settings.Extras.Arguments, _settings.Extras.Platform.Length > 0 ? _settings.Extras.Platform : null);

    private static async Task<string> ReadAsync(string dockerfile, CancellationToken cancellationToken) =>
        new FileInfo(dockerfile).Length <= Dockerfile.MaximumSize
            ? await File.ReadAllTextAsync(dockerfile, Encoding.UTF8, cancellationToken)
            : throw new BobException(FailureReason.BuildStepFailed, $"build failed: the Dockerfile is larger than {Dockerfile.MaximumSize >> 20} MiB");

    // Its name stands for all that it is made from, so one that exists need not be built, whoever built it. A registry that does not tell is asked by the push.
    private static async Task<bool> ExistsAsync(Task<ManifestDescriptor?> baseImage)
    {
        await ((Task)baseImage).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return baseImage.IsCompletedSuccessfully && await baseImage is not null;
    }

    // Reading the base before it is copied tells whose refusal it is.
    private static async Task RequireAsync(Task<ManifestDescriptor?> baseImage)
    {
        try
        {
            _ = await baseImage ?? throw new BobException(FailureReason.BaseImageNotFound, "build failed: the base image does not exist");
        }
        catch (RegistryException exception)
        {
            throw Explain(exception, FailureReason.BaseImageDenied, "the base image cannot be read");
        }
    }

    // Asked before the build rather than after it, when it would be waited for: most builds are of images that are not there. The copy asks where one is, or the registry did not tell.
    private static async Task<bool> IsMissingAsync(Task<ManifestDescriptor?> image)
    {
        await ((Task)image).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return image.IsCompletedSuccessfully && await image is null;
    }

    private async Task CopyToTargetAsync(RegistryClient registry, bool isNew, CancellationToken cancellationToken)
    {
        try
        {
            await registry.CopyAsync(_settings.Base, _settings.Target, _settings.ProxyLogin, _settings.ProxyLogin, Copying(_settings.Target, isNew), RegistryCall.Patient, cancellationToken);
        }
        catch (RegistryException exception)
        {
            throw Explain(exception, FailureReason.PushDenied, "the workspace image cannot be pushed");
        }
    }

    // A proxy that does not know that name says that nothing is there.
    private static CopyOptions Copying(ImageReference target, bool isNew) => new()
    {
        IsTargetNew = isNew,
        TargetByDigest = target.Path == ProxyAlias.Target ? ImageReference.Parse($"{target.Domain}/{ProxyAlias.TargetByDigest}") : null,
    };

    private static BobException Explain(RegistryException exception, FailureReason denied, string what) => new(
        exception.Error switch
        {
            RegistryError.Unauthorized or RegistryError.Denied => denied,
            RegistryError.NotFound => FailureReason.BaseImageNotFound,
            RegistryError.RateLimited => FailureReason.RateLimited,
            RegistryError.Timeout => FailureReason.Timeout,
            _ => FailureReason.Internal,
        },
        $"build failed: {what}: {exception.Message}");
}
