using System.Globalization;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Logs;

/// <summary>
/// A builder command that builds nothing and writes a log at a pace, so that all between it and a client can be measured: launcher, log store, grain,
/// gateway, gRPC. Its builds end as failed.
/// </summary>
/// <param name="folder">For its files; made when missing.</param>
public sealed class ScriptedBuilder(string folder)
{
    /// <summary>What its builds end with.</summary>
    public const string Message = "build failed: all of the log is written";

    private static string Sandbox
    {
        get
        {
            // artifacts/<set>/bin/<project>/<configuration>/
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(own.Parent!.Parent!.FullName, "Sandbox", own.Name, "sandbox");
        }
    }

    /// <summary>Options for a service that builds with it.</summary>
    /// <param name="options">All else.</param>
    /// <param name="logLimit">How much log the service keeps of one build, in bytes.</param>
    public async Task<ServiceOptions> InstallAsync(ServiceOptions options, long logLimit)
    {
        Directory.CreateDirectory(folder);
        var program = Path.Combine(folder, "bob");
        await File.WriteAllTextAsync(program, $$"""
            #!/bin/sh
            case $1 in
            proxy) read -r order; [ -n "$order" ] || exit 0; exec sleep 3600 ;;
            init) cat >/dev/null; : >"$BOB_WORKSPACE/.gitpod/ready" ;;
            build)
            name=${BOB_DOCKERFILE_PATH##*/}
            length=${name%%-*}
            rest=${name#*-}
            {{Sandbox}} write-log --length "$length" --rate "${rest%%-*}" --go "{{folder}}/$name.go" --report "{{folder}}/$name.times"
            echo '{"succeeded":false,"reason":"BuildStepFailed","message":"{{Message}}"}' >"$BOB_WORKSPACE/.gitpod/outcome.json"
            ;;
            esac
            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return options with
        {
            Amend = configuration =>
            {
                options.Amend?.Invoke(configuration);
                configuration["process"] = new System.Text.Json.Nodes.JsonObject { ["bob"] = program, ["network"] = "host" };
                configuration["builds"] = new System.Text.Json.Nodes.JsonObject { ["logLimit"] = logLimit };
            },
        };
    }

    /// <summary>The order for a log of <paramref name="length"/> bytes at <paramref name="rate"/> bytes a second.</summary>
    public static BuildRequest Order(long length, long rate) =>
        BuildRequests.FromGit("https://git.invalid/scripted.git", Name(length, rate), version: "1");

    /// <summary>Lets the log of such an order, of which only the first lines are written by now, go on.</summary>
    public void Go(BuildRequest order) => File.WriteAllBytes(Path.Combine(folder, order.Source.File.DockerfilePath + ".go"), []);

    /// <summary>When the log of such an order, which has ended, began to go on and when all of it was written.</summary>
    public (DateTimeOffset Began, DateTimeOffset Ended) Times(BuildRequest order)
    {
        var times = File.ReadAllText(Path.Combine(folder, order.Source.File.DockerfilePath + ".times")).Split(' ')
            .Select(time => DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(time, CultureInfo.InvariantCulture)))
            .ToArray();
        return (times[0], times[1]);
    }

    private static string Name(long length, long rate) => string.Create(CultureInfo.InvariantCulture, $"{length}-{rate}-{Guid.NewGuid():N}");
}
