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
            Init(), Build(), Proxy(), Daemon(), Clean(),
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

            Allowed are http, https and ssh. The server of an ssh address must be a known host. Hooks, and what the machine has configured for git, take no part;
            of customConfig only line endings, limits of transfers and the user's name count. A user and password are shown to the repository's own server alone and
            left in no file. Submodules are fetched too, up to 1000 and 10 deep, and files in LFS; where those are, a repository over ssh has its server say (git-lfs-authenticate). They, and redirects, may lead to the internet and to the repository's own host; inside this network or to
            this machine only where that host is; and never to link-local addresses.

            Variables: BOB_WORKSPACE (default /workspace), BOB_SSH_KNOWN_HOSTS (a file of ssh hosts that are known beside those of /etc/ssh/ssh_known_hosts),
            BOB_CONTEXT_SIZE_LIMIT (bytes that the context may take with its history, default 10737418240), BOB_CONTEXT_FILES_LIMIT (its files and folders, default 1000000),
            SSH_AUTH_SOCK (the agent with the key for ssh; the machine's own keys are not used), http_proxy, https_proxy, no_proxy and their like.

            Exit codes: 0 the context is there, 1 it cannot be had or bob was stopped (.gitpod/outcome.json says why), 2 a flag, variable or the document on stdin is wrong.
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
            Waits up to 30 minutes for .gitpod/ready, builds and pushes the base image if asked and if it does not exist yet, and copies it to the target. All
            registries are reached through bob proxy; unless it is given some, this process has no credential.

            Images:
              BOB_TARGET_REF          the image to make, through the proxy (default localhost:8080/target:latest)
              BOB_BASE_REF            the image that it is made from, through the proxy (default localhost:8080/base:latest)
              BOB_PROXY_ADDRESS_FILE  file in which the proxy notes its host:port, which takes the place of that in the two references
              BOB_PROXY_KEY_FILE      file with the password that the proxy asks for (default: it asks for none)
              BOB_BUILD_BASE          true: build the base image from the Dockerfile (default false)

            Credentials, where no proxy runs beside this process; then the two references name the images in their own registries, and a proxy inside bob stands
            between these and the engine, which has no credential either way:
              BOB_BASELAYER_AUTH      {"host":{"auth":"<base64 of user:password>"}} for the base image and the images that its Dockerfile names
              BOB_WSLAYER_AUTH        likewise for the target; one that has nothing for the registry of its image leaves that to the other
              BOB_AUTH_KEY            32 bytes; the two are then unpadded base64 of what AES-256-GCM made of them with this key, the nonce first

            Context:
              BOB_WORKSPACE           the folder of the build context (default /workspace)
              BOB_DOCKERFILE_PATH     the Dockerfile, absolute, in the workspace; required with BOB_BUILD_BASE
              BOB_CONTEXT_DIR         the build context's root in the workspace (default: the Dockerfile's folder)

            Engine:
              BOB_ENGINE              buildah, buildkit, or auto (default): BuildKit where BOB_EXTERNAL_BUILDKITD is given, or buildkitd, buildctl and runc are
                                      installed, else buildah
              BOB_EXTERNAL_BUILDKITD  address of a buildkitd that runs already, such as unix:///run/buildkitd.sock; without it a build starts its own
              BOB_STORAGE_ROOT        what the engine keeps from build to build (default /var/lib/bob)
              BOB_DISK_LIMIT          how many bytes of disk the build may take up (default 0: no limit); not with BOB_EXTERNAL_BUILDKITD
              BOB_CACHE_LIMIT         how many bytes of that (default 21474836480, at least 1048576)
              BOB_CACHE_REF           with BuildKit: an image, through the proxy, from which steps are taken that another build has made, on whatever machine, and in
                                      which this build's are kept; not used where steps mount secrets (default: none; buildah keeps layers on this machine alone)
              BOB_OWNER               up to 64 letters and digits: whose cache mounts the steps get; without it they start empty
              BOB_NETWORK             host or none: the network of RUN steps (default host)
              BOB_NO_CACHE            true: run every step, and build the base image though it exists (default false)

            Extras:
              BOB_BUILD_ARGS          JSON object of build arguments, such as {"VERSION":"3"}; they are no place for secrets, and none of
                                      them is http_proxy or its like
              BOB_LABELS              JSON object of labels of the image
              BOB_TARGET_STAGE        the stage to build (default: the last)
              BOB_PLATFORM            os/architecture[/variant] to build for (default: this machine's)
              BOB_SECRETS_FOLDER      folder with a file for each secret of RUN --mount=type=secret, named like its id; it is removed when the build ends

            Files: .gitpod/outcome.json in the workspace says how the build ended, .gitpod/bob.log why it failed.
            Exit codes: 0 the target image is pushed, 1 the build failed or was stopped, 2 a variable is not as it must be.
            """);
        command.SetAction((_, _) => BuildVerb.RunAsync());
        return command;
    }

    private static Command Proxy()
    {
        var listen = new Option<string>("--listen") { Description = "IP address and port to listen on; port 0 chooses a free one.", DefaultValueFactory = _ => "127.0.0.1:8080" };
        var addressFile = new Option<string?>("--address-file") { Description = "Receives IP:port as soon as the proxy listens." };
        var keyFile = new Option<string?>("--key-file") { Description = "Serve only who brings a password, as user bob by basic authentication; FILE receives it, for its owner alone to read, before --address-file is written. Without it all who reach the proxy are served." };
        var networkFile = new Option<string?>("--network-file") { Description = "Make a network for the build and listen in it, not in this process's own; FILE receives what `nsenter --net=` takes to enter it, before --address-file is written. In it is loopback alone." };
        var uplink = new Option<bool>("--uplink") { Description = "With --network-file: a way out of that network, by slirp4netns. It leads neither to this machine nor to link-local addresses." };
        var deny = new Option<string[]>("--deny") { Description = "With --uplink: a network that the way out does not lead to either, as 10.0.0.0/8; may be given again.", DefaultValueFactory = _ => [] };
        var baseReference = new Option<string?>("--base-ref") { Description = "The image that is served as base. Default: variable WORKSPACEKIT_BOBPROXY_BASEREF." };
        var targetReference = new Option<string?>("--target-ref") { Description = "The image that is served as target. Default: variable WORKSPACEKIT_BOBPROXY_TARGETREF." };
        var cacheReference = new Option<string?>("--cache-ref") { Description = "The image in which BuildKit keeps what steps made, for later builds; served as cache. Default: variable WORKSPACEKIT_BOBPROXY_CACHEREF, else there is none." };
        var auth = new Option<string?>("--auth") { Description = "The installation's credentials, a docker config {\"auths\":{…}}. Default: variable WORKSPACEKIT_BOBPROXY_AUTH." };
        var additionalAuth = new Option<string?>("--additional-auth") { Description = "The request's credentials, {\"host\":{\"auth\":\"…\"}}. Default: variable WORKSPACEKIT_BOBPROXY_ADDITIONALAUTH." };
        var stdin = new Option<bool>("--credentials-stdin") { Description = "Read both kinds of credentials from stdin, {\"auth\":{\"auths\":{…}},\"additionalAuth\":{…},\"mirrorAuth\":{…}}, and those of mirrors, so that no argument and no variable holds them." };
        var standby = new Option<bool>("--standby") { Description = "Listen at once, then wait for {\"baseRef\":\"…\",\"targetRef\":\"…\",\"credentials\":{…}}, and \"cacheRef\" where there is a cache, on stdin, the credentials as with --credentials-stdin; end when stdin ends without it. So a proxy can be started ahead of its build." };
        var plainHttp = new Option<string[]>("--plain-http") { Description = "A registry, as host or host:port, that is spoken to in plain HTTP; may be given again. Loopback ones need no mention.", DefaultValueFactory = _ => [] };
        var mirrors = new Option<string[]>("--mirror") { Description = "A mirror, as registry=mirror, that is asked before the registry for what is read; may be given again. The mirror is a host or host:port, with a path if its repositories lie below one.", DefaultValueFactory = _ => [] };
        var caBundles = CaBundles();
        var command = new Command("proxy", 
            """
            Serves the build's base and target image, and the images that its Dockerfile names, from their registries, with credentials that only this process has.

            /v2/base/ and /v2/target/ are the repositories of the two images; where an image has a tag, every manifest goes to that tag. /v2/ns/<host>/, or any path with
            ?ns=<host>, is another registry, for reading, with the request's credentials alone. All else is answered with 404, and 403 where credentials are missing.
            /v2/cache/ is the repository of the cache, of which one tag can be read and written and nothing else. What is in a cache passes for what a step would make, so give each
            party that trusts nobody else an image of its own, and keep RUN steps, which may reach the proxy, from writing it by --key-file.
            A registry's "too many requests" is waited out for up to five minutes.

            Variables: WORKSPACEKIT_BOBPROXY_BASEREF, WORKSPACEKIT_BOBPROXY_TARGETREF, WORKSPACEKIT_BOBPROXY_CACHEREF, WORKSPACEKIT_BOBPROXY_AUTH and WORKSPACEKIT_BOBPROXY_ADDITIONALAUTH stand in for
            flags that are not given; http_proxy, https_proxy, no_proxy and their like.

            Exit codes: 0 asked to end by SIGTERM or SIGINT, or stdin ended while standing by, 1 it failed, 2 a flag, variable or the document on stdin is wrong.
            """)
        {
            listen, addressFile, keyFile, networkFile, uplink, deny, baseReference, targetReference, cacheReference, auth, additionalAuth, stdin, standby, plainHttp, mirrors, caBundles,
        };
        command.SetAction((parsed, _) => ProxyVerb.RunAsync(new ProxySettings
        {
            Listen = parsed.GetValue(listen)!,
            AddressFile = parsed.GetValue(addressFile),
            KeyFile = parsed.GetValue(keyFile),
            NetworkFile = parsed.GetValue(networkFile),
            HasUplink = parsed.GetValue(uplink),
            DeniedNetworks = parsed.GetValue(deny)!,
            BaseReference = Value(parsed, baseReference, "WORKSPACEKIT_BOBPROXY_BASEREF"),
            TargetReference = Value(parsed, targetReference, "WORKSPACEKIT_BOBPROXY_TARGETREF"),
            CacheReference = Value(parsed, cacheReference, "WORKSPACEKIT_BOBPROXY_CACHEREF"),
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

    private static Command Clean()
    {
        var command = new Command(
            "clean",
            """
            Removes what builders that were killed have left in the engines' storage: containers, folders, control groups. The next build would do it too; builds
            that run are not disturbed.

            Environment:
              BOB_STORAGE_ROOT        the storage (default /var/lib/bob)
              BOB_CACHE_LIMIT         how many bytes of layers and cache mounts stay (default 21474836480, at least 1048576)

            Exit codes: 0 done, 1 something could not be removed (the last line on stderr says why), 2 wrong usage.
            """);
        command.SetAction((_, _) => CleanVerb.RunAsync());
        return command;
    }

    private static Command Daemon()
    {
        var socket = new Argument<string>("socket") { Description = "Path of the unix socket on which buildkitd listens." };
        var command = new Command(
            "daemon",
            """
            Runs a buildkitd that builds share until SIGINT or SIGTERM. Prints "ready unix://<socket>" when it listens and is prewarmed; that address is
            what builds get as BOB_EXTERNAL_BUILDKITD. Builds of owners who do not trust one another each need a daemon of their own.

            Variables:
              BOB_CACHE_IMAGES        JSON array of up to 100 images that are pulled before the first build, such as ["debian:12"]; one that cannot be
                                      pulled is told on stderr and passed over
              BOB_STORAGE_ROOT        where layers and cache mounts are kept (default /var/lib/bob)
              BOB_CACHE_LIMIT         how many bytes of them (default 21474836480, at least 1048576)

            Exit codes: 0 it was asked to end, 1 buildkitd did not come up or ended, 2 called in a way that is not understood.
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
