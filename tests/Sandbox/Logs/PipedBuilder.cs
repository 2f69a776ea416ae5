using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Logs;

/// <summary>A builder command that builds nothing and logs what somebody else writes into its pipe. When he closes it, the build ends as failed.</summary>
/// <param name="folder">For its files; made when missing.</param>
internal sealed class PipedBuilder(string folder)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Makes the command, and gives its path.</summary>
    public string Install()
    {
        Directory.CreateDirectory(folder);
        var program = Path.Combine(folder, "bob");
        File.WriteAllText(program, $$"""
            #!/bin/sh
            case $1 in
            proxy) read -r order; [ -n "$order" ] || exit 0; exec sleep 3600 ;;
            init) cat >/dev/null; : >"$BOB_WORKSPACE/.gitpod/ready" ;;
            build)
            pipe="{{folder}}/${BOB_DOCKERFILE_PATH##*/}"
            mkfifo "$pipe.new"
            mv "$pipe.new" "$pipe"
            cat "$pipe"
            echo '{"succeeded":false,"reason":"BuildStepFailed","message":"build failed: the pipe was closed"}' >"$BOB_WORKSPACE/.gitpod/outcome.json"
            ;;
            esac

            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return program;
    }

    /// <summary>An order for a build of its own, whether or not its image is there.</summary>
    public static BuildRequest Order()
    {
        var order = BuildRequests.FromGit("https://git.invalid/piped.git", Guid.NewGuid().ToString("N"), version: "1");
        order.ForceRebuild = true;
        return order;
    }

    /// <summary>The pipe of such an order, once its builder is there.</summary>
    public async Task<FileStream> OpenAsync(BuildRequest order, CancellationToken cancellationToken)
    {
        var pipe = Path.Combine(folder, order.Source.File.DockerfilePath);
        while (!File.Exists(pipe))
        {
            await Task.Delay(Pause, cancellationToken);
        }

        return new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    }
}
