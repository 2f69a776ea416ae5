using System.CommandLine;
using ImageBuilder.Bob.Proxy;

namespace ImageBuilder.Bob.Commands;

/// <summary>The command line of bob: its verbs, their flags and help.</summary>
internal static class BobCommand
{
    /// <summary>Reads <paramref name="arguments"/> and does what they say.</summary>
    /// <returns>An exit code of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand(
            """
            Builds a workspace image inside a build's own sandbox.

            Three processes make one build: init fetches the build context, proxy holds the registry credentials, and build, which has none,
            builds the image and pushes it through the proxy.

            Exit codes: 0 all went well, 1 failed or stopped (.gitpod/outcome.json in the workspace says why), 2 called in a way that is not understood.
            """)
        {
            Init(), Build(), Proxy(), Daemon(),
        };
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                await Console.Error.WriteLineAsync($"bob: {error.Message}");
            }

            await Console.Error.WriteLineAsync("bob: see bob --help");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync();
    }

    private static Command Init()
    {
        var caBundles = CaBundles();
        var command = new Command(
            "init",
            """
            Fetches the build context into the workspace, then creates .gitpod/ready.

            The initializer comes as JSON on stdin, secrets included: {"git":{"remoteUri":"https://…","targetMode":"RemoteHead|RemoteCommit|RemoteBranch|LocalBranch",
            "cloneTarget":"…","checkoutLocation":"…","fullClone":false,"authMethod":"None|Basic|BasicOts","authUser":"…","authPassword":"…","authOts":"https://…",
            "customConfig":{}}} or {"empty":{}}.

            Variables: BOB_WORKSPACE (default /workspace).
            """)
        {
            caBundles,
        };
        command.SetAction((parsed, _) => InitVerb.RunAsync(parsed.GetValue(caBundles)!));
        return command;
    }

    private static Command Build()
    {
        var command = new Command(
            "build",
            """
            Waits for .gitpod/ready, builds and pushes the base image if asked, and copies it to the target.

            Variables: BOB_WORKSPACE (default /workspace), BOB_TARGET_REF, BOB_BASE_REF (through the proxy; defaults localhost:8080/target:latest and
            localhost:8080/base:latest), BOB_BUILD_BASE (true: build the Dockerfile), BOB_PROXY_ADDRESS_FILE (names the proxy when that is not known beforehand), BOB_DOCKERFILE_PATH, BOB_CONTEXT_DIR (default: the Dockerfile's folder),
            BOB_STORAGE_ROOT (the engine's storage and layer cache, default /var/lib/bob), BOB_NETWORK (host or none, default host), BOB_NO_CACHE (true: every step anew),
            BOB_ENGINE (buildah, buildkit, or auto, the default: BuildKit where BOB_EXTERNAL_BUILDKITD names a daemon, or buildkitd, buildctl and runc are installed),
            BOB_EXTERNAL_BUILDKITD (address of a buildkitd that runs already; without it a build starts one of its own), BOB_CACHE_LIMIT (how many
            bytes the engine keeps for later builds, default 21474836480), BOB_OWNER (letters and digits: whose cache mounts the steps get; without it they start empty).
            """);
        command.SetAction((_, _) => BuildVerb.RunAsync());
        return command;
    }

    private static Command Proxy()
    {
        var listen = new Option<string>("--listen") { Description = "IP address and port to listen on; port 0 chooses a free one.", DefaultValueFactory = _ => "127.0.0.1:8080" };
        var addressFile = new Option<string?>("--address-file") { Description = "Receives IP:port as soon as the proxy listens." };
        var baseReference = new Option<string?>("--base-ref") { Description = "The image that is served as base. Default: variable WORKSPACEKIT_BOBPROXY_BASEREF." };
        var targetReference = new Option<string?>("--target-ref") { Description = "The image that is served as target. Default: variable WORKSPACEKIT_BOBPROXY_TARGETREF." };
        var auth = new Option<string?>("--auth") { Description = "The installation's credentials, a docker config {\"auths\":{…}}. Default: variable WORKSPACEKIT_BOBPROXY_AUTH." };
        var additionalAuth = new Option<string?>("--additional-auth") { Description = "The request's credentials, {\"host\":{\"auth\":\"…\"}}. Default: variable WORKSPACEKIT_BOBPROXY_ADDITIONALAUTH." };
        var stdin = new Option<bool>("--credentials-stdin") { Description = "Read both kinds of credentials from stdin, {\"auth\":{\"auths\":{…}},\"additionalAuth\":{…},\"mirrorAuth\":{…}}, and those of mirrors, so that no argument and no variable holds them." };
        var standby = new Option<bool>("--standby") { Description = "Listen at once, then wait for {\"baseRef\":\"…\",\"targetRef\":\"…\",\"credentials\":{…}} on stdin, the credentials as with --credentials-stdin; end when stdin ends without it. So a proxy can be started ahead of its build." };
        var plainHttp = new Option<string[]>("--plain-http") { Description = "A registry, as host or host:port, that is spoken to in plain HTTP; may be given again. Loopback ones need no mention.", DefaultValueFactory = _ => [] };
        var mirrors = new Option<string[]>("--mirror") { Description = "A mirror, as registry=mirror, that is asked before the registry for what is read; may be given again. The mirror is a host or host:port, with a path if its repositories lie below one.", DefaultValueFactory = _ => [] };
        var caBundles = CaBundles();
        var command = new Command("proxy", "Serves the build's base and target image, and the images that its Dockerfile names, from their registries, with credentials that only this process has.")
        {
            listen, addressFile, baseReference, targetReference, auth, additionalAuth, stdin, standby, plainHttp, mirrors, caBundles,
        };
        command.SetAction((parsed, _) => ProxyVerb.RunAsync(new ProxySettings
        {
            Listen = parsed.GetValue(listen)!,
            AddressFile = parsed.GetValue(addressFile),
            BaseReference = Value(parsed, baseReference, "WORKSPACEKIT_BOBPROXY_BASEREF"),
            TargetReference = Value(parsed, targetReference, "WORKSPACEKIT_BOBPROXY_TARGETREF"),
            CredentialsFromStdin = parsed.GetValue(stdin),
            StandsBy = parsed.GetValue(standby),
            PlainHttpHosts = parsed.GetValue(plainHttp)!,
            Mirrors = parsed.GetValue(mirrors)!,
            CaBundles = parsed.GetValue(caBundles)!,
            Auth = Value(parsed, auth, "WORKSPACEKIT_BOBPROXY_AUTH"),
            AdditionalAuth = Value(parsed, additionalAuth, "WORKSPACEKIT_BOBPROXY_ADDITIONALAUTH"),
        }));
        return command;
    }

    private static Command Daemon()
    {
        var socket = new Argument<string>("socket") { Description = "Path of the unix socket on which buildkitd listens." };
        var command = new Command(
            "daemon",
            """
            Runs a buildkitd that builds share (BOB_EXTERNAL_BUILDKITD=unix://<socket>) until SIGINT or SIGTERM. Says "ready" when it listens and is prewarmed.

            Variables: BOB_CACHE_IMAGES (a JSON array of images that are pulled before the first build), BOB_STORAGE_ROOT (layers and cache mounts,
            default /var/lib/bob), BOB_CACHE_LIMIT (how many bytes of them are kept, default 21474836480).
            """)
        {
            socket,
        };
        command.SetAction((parsed, _) => DaemonVerb.RunAsync(parsed.GetValue(socket)!));
        return command;
    }

    private static Option<string[]> CaBundles() =>
        new("--ca-bundle") { Description = "A PEM file of certificate authorities that are trusted beside the system's; may be given again.", DefaultValueFactory = _ => [] };

    // Not as a default value, which help would print.
    private static string? Value(ParseResult parsed, Option<string?> option, string variable) =>
        parsed.GetValue(option) ?? Environment.GetEnvironmentVariable(variable);
}
