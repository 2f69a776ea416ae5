using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Kills;

/// <summary>A builder command that writes some lines, pushes an image that was made before, and notes that it did: quick enough to be killed a hundred times.</summary>
/// <param name="folder">For its files; made when missing.</param>
internal sealed class PushingBuilder(string folder)
{
    private const int FewestLines = 2;
    private const int MostLines = 40;

    private string Notes => Path.Combine(folder, "pushes");

    /// <summary>Makes the command, and the image from the base image of <paramref name="surroundings"/>; gives the path of the command.</summary>
    public async Task<string> InstallAsync(Surroundings surroundings, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var (program, image, login) = (Path.Combine(folder, "bob"), Path.Combine(folder, "image"), surroundings.Registry.AuthFile);
        await Command.CheckAsync(
            "skopeo",
            ["copy", "--quiet", "--insecure-policy", "--src-tls-verify=false", "--authfile", login, $"docker://{surroundings.BaseImage}", $"oci:{image}:made"],
            cancellationToken: cancellationToken);
        await File.WriteAllTextAsync(
            program,
            $$"""
            #!/bin/sh
            case $1 in
            proxy) read -r order; [ -n "$order" ] || exit 0; exec sleep 3600 ;;
            init) cat >/dev/null; : >"$BOB_WORKSPACE/.gitpod/ready" ;;
            build)
            name=${BOB_DOCKERFILE_PATH##*/}
            until [ -e "$BOB_WORKSPACE/.gitpod/ready" ]; do sleep 0.05; done
            line=0
            while [ $line -lt ${name%%-*} ]; do line=$((line + 1)); echo "line $line of $name"; sleep 0.05; done
            skopeo copy --quiet --insecure-policy --dest-tls-verify=false --authfile "{{login}}" "oci:{{image}}:made" "docker://$(cat "{{folder}}/$name.ref")" || exit 1
            echo "$name" >>"{{Notes}}"
            echo '{"succeeded":true}' >"$BOB_WORKSPACE/.gitpod/outcome.new"
            mv "$BOB_WORKSPACE/.gitpod/outcome.new" "$BOB_WORKSPACE/.gitpod/outcome.json"
            ;;
            esac

            """,
            cancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return program;
    }

    /// <summary>An order for a build of its own, which writes up to so many lines, 20 a second.</summary>
    public static BuildRequest Order(Random random, int mostLines = MostLines) =>
        BuildRequests.FromGit("https://git.invalid/pushing.git", $"{random.Next(FewestLines, mostLines + 1)}-{Guid.NewGuid():N}", version: "1");

    /// <summary>Tells the builder where the image of <paramref name="order"/> goes.</summary>
    public Task TargetAsync(BuildRequest order, string workspaceRef, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(Path.Combine(folder, $"{order.Source.File.DockerfilePath}.ref"), workspaceRef, cancellationToken);

    /// <summary>How often the image of <paramref name="order"/> was pushed.</summary>
    public int PushesOf(BuildRequest order) => File.ReadLines(Notes).Count(name => name == order.Source.File.DockerfilePath);
}
