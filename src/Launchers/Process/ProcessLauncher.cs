using System.Text.Json.Nodes;
using ImageBuilder.Builds;
using ImageBuilder.Builds.Lifecycle;
using ImageBuilder.Registry.Credentials;

namespace ImageBuilder.Launchers.Process;

/// <summary>
/// Runs builds as processes of this machine. Each attempt has a folder and three process groups: `init` fetches the context, `proxy` has the
/// credentials, `build` has none. They start at once, since starting is most of what a build of cached layers costs: `build` waits for the
/// other two. They outlive this service; what they did is in the folder.
/// </summary>
public sealed class ProcessLauncher(ProcessLauncherOptions options, Keychain keychain, TimeProvider clock) : IBuildLauncher
{
    private static readonly string[] InheritedVariables = ["PATH", "DOTNET_ROOT", "SSL_CERT_DIR", "SSL_CERT_FILE"];

    /// <inheritdoc />
    public async Task<IAttempt> LaunchAsync(AttemptId id, BuildOrder order, BuildSecrets secrets, CancellationToken cancellationToken)
    {
        var folder = FolderOf(id);
        BuilderProcess? proxy = null, init = null, build = null;
        try
        {
            folder.Create();
            var credentials = await ProxyCredentials.ComposeAsync(keychain, order, secrets.Access, cancellationToken);
            proxy = await StartAsync(
                folder,
                folder.ProxyLog,
                "proxy",
                ["--listen", "127.0.0.1:0", "--address-file", folder.ProxyAddress, "--credentials-stdin", "--base-ref", order.BaseRef, "--target-ref", order.WorkspaceRef, .. options.PlainHttpHosts.SelectMany(host => (string[])["--plain-http", host])],
                [],
                credentials,
                cancellationToken);
            if (order is { BuildBase: true, Context: { } context })
            {
                init = await StartAsync(
                    folder, folder.Log, "init", [], [("BOB_WORKSPACE", folder.Workspace)], Initializer(context, secrets), cancellationToken);
            }
            else
            {
                await File.WriteAllBytesAsync(folder.Ready, [], cancellationToken);
            }

            build = await StartAsync(folder, folder.Log, "build", [], BuildVariables(folder, order), string.Empty, cancellationToken);
            return new ProcessAttempt(folder, proxy, init, build, options, clock);
        }
        catch (Exception error)
        {
            foreach (var process in new[] { build, init, proxy }.OfType<BuilderProcess>())
            {
                process.KillGroup();
                process.Dispose();
            }

            if (Directory.Exists(folder.Root))
            {
                Directory.Delete(folder.Root, recursive: true);
            }

            if (error is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
            {
                throw new LaunchException(FailureReason.LauncherUnavailable, $"the builder could not be started: {error.Message}", error);
            }

            throw;
        }
    }

    /// <inheritdoc />
    public Task<IAttempt?> ReattachAsync(AttemptId id, CancellationToken cancellationToken)
    {
        var folder = FolderOf(id);
        IAttempt? attempt = Directory.Exists(folder.Root)
            ? new ProcessAttempt(
                folder,
                BuilderProcess.Find(folder.ProcessId("proxy")),
                BuilderProcess.Find(folder.ProcessId("init")),
                BuilderProcess.Find(folder.ProcessId("build")),
                options,
                clock)
            : null;
        return Task.FromResult(attempt);
    }

    private static string Initializer(BuildContextSource context, BuildSecrets secrets) => new JsonObject
    {
        ["git"] = new JsonObject
        {
            ["remoteUri"] = context.RemoteUri,
            ["targetMode"] = context.Target.ToString(),
            ["cloneTarget"] = context.CloneTarget,
            ["checkoutLocation"] = context.CheckoutLocation,
            ["fullClone"] = context.FullClone,
            ["authMethod"] = context.Authentication switch
            {
                GitAuthentication.Basic => "Basic",
                GitAuthentication.BasicOneTimeSecret => "BasicOts",
                _ => "None",
            },
            ["authUser"] = context.AuthUser,
            ["authPassword"] = secrets.GitPassword,
            ["authOts"] = secrets.GitOneTimeSecretUrl,
        },
    }.ToJsonString();

    private static string BelowWorkspace(AttemptFolder folder, string path)
    {
        const string Workspace = "/workspace";
        var below = path == Workspace || path.StartsWith(Workspace + "/", StringComparison.Ordinal) ? path[Workspace.Length..] : path;
        return $"{folder.Workspace}/{below.TrimStart('/')}";
    }

    private List<(string Name, string Value)> BuildVariables(AttemptFolder folder, BuildOrder order)
    {
        // The base is asked for by its digest when it has one; the proxy knows which repository it is in.
        var digest = order.BaseRef.IndexOf('@', StringComparison.Ordinal);
        List<(string, string)> variables =
        [
            ("BOB_WORKSPACE", folder.Workspace),
            ("BOB_PROXY_ADDRESS_FILE", folder.ProxyAddress),
            ("BOB_TARGET_REF", "localhost:8080/target:latest"),
            ("BOB_BASE_REF", digest < 0 ? "localhost:8080/base:latest" : $"localhost:8080/base{order.BaseRef[digest..]}"),
            ("BOB_BUILD_BASE", order.BuildBase ? "true" : "false"),
            ("BOB_STORAGE_ROOT", options.StorageFolder),
            ("BOB_NETWORK", options.Network),
            ("BOB_NO_CACHE", order.NoCache ? "true" : "false"),
        ];
        if (order.Context is { } context)
        {
            var dockerfile = BelowWorkspace(folder, context.DockerfilePath);
            variables.Add(("BOB_DOCKERFILE_PATH", dockerfile));
            variables.Add((
                "BOB_CONTEXT_DIR",
                context.ContextPath.Length == 0 ? Path.GetDirectoryName(dockerfile)! : BelowWorkspace(folder, context.ContextPath)));
        }

        return variables;
    }

    private Task<BuilderProcess> StartAsync(
        AttemptFolder folder,
        string logFile,
        string verb,
        string[] arguments,
        List<(string Name, string Value)> variables,
        string input,
        CancellationToken cancellationToken)
    {
        var environment = InheritedVariables
            .Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
            .Where(variable => variable.Value is not null)
            .ToDictionary(variable => variable.Name, variable => variable.Value!);
        environment["HOME"] = folder.Home;
        environment["TMPDIR"] = folder.Temp;
        environment["LANG"] = "C.UTF-8";
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        string[] bob = options.Bob.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", options.Bob] : [options.Bob];
        return BuilderProcess.StartAsync(
            [.. bob, verb, .. arguments], environment, folder.Root, logFile, folder.ProcessId(verb), input, cancellationToken);
    }

    private AttemptFolder FolderOf(AttemptId id) => new(Path.Combine(options.WorkFolder, id.ToString()));
}
