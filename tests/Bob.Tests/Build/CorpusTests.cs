using System.Collections.Concurrent;
using System.Text.Json;
using ImageBuilder.Bob.Tests.Processes;
using ImageBuilder.Sandbox.Processes;
using ImageBuilder.Testing;

namespace ImageBuilder.Bob.Tests.Build;

/// <summary>bob makes of each Dockerfile of the corpus what its engine makes of it by hand.</summary>
#pragma warning disable CA1001 // xunit disposes it: IAsyncLifetime
public sealed class CorpusTests() : StagedTests("runc", "busybox")
#pragma warning restore CA1001
{
    private const int AtOnce = 3;
    private const string Secret = "the secret";

    private static readonly string s_corpus = Path.Combine(AppContext.BaseDirectory, "Build/Corpus");

    private readonly TemporaryFolder _folder = new();
    private RunningProcess? _files;
    private string _filesAddress = string.Empty;

    public override async Task DisposeAsync()
    {
        await (_files?.DisposeAsync() ?? default);
        await base.DisposeAsync();

        // As on the stage; and below it the engine keeps a container mounted.
        await Command.RunAsync("umount", ["--recursive", _folder["hand/graph/overlay"]]);
        _folder.Dispose();
    }

    protected override async Task SetUpAsync()
    {
        _folder.Write("served/served.txt", "served\n");
        _folder.Write("docker/config.json", await File.ReadAllTextAsync(Stage.Registry.AuthFile));
        _filesAddress = $"127.0.0.1:{FreePort.Choose()}";
        _files = await RunningProcess.StartAsync("busybox", ["httpd", "-f", "-p", _filesAddress, "-h", _folder["served"]], _folder["httpd.log"]);
    }

    [NeedsProgramsFact("buildah", "runc", "docker-registry", "skopeo", "busybox")]
    public async Task Buildah_EveryDockerfile_IsBuiltAsByHand()
    {
        string[] storage = ["--root", _folder["hand/graph"], "--runroot", _folder["hand/run"]];
        await BuildAllAsync("buildah", heredocs: false, async (dockerfile, context, secret, image) =>
        {
            var id = Path.Combine(Path.GetDirectoryName(context)!, "id");
            await Command.CheckAsync(
                "buildah",
                [
                    .. storage, "build", "--format", "docker", "--isolation", "oci", "--runtime", "runc", "--network", "host", "--layers", "--tls-verify=false", "--quiet",
                    "--authfile", Stage.Registry.AuthFile, "--build-arg", $"BASE={Stage.BaseImage}", "--build-arg", $"URL=http://{_filesAddress}",
                    "--secret", $"id=token,src={secret}", "--iidfile", id, "--file", dockerfile, context,
                ],
                variables: new Dictionary<string, string> { ["TMPDIR"] = Directory.CreateDirectory(_folder["hand/tmp"]).FullName });
            await Command.CheckAsync(
                "buildah",
                [.. storage, "push", "--quiet", "--format", "v2s2", "--tls-verify=false", "--authfile", Stage.Registry.AuthFile, (await File.ReadAllTextAsync(id)).Trim(), $"docker://{image}"]);
        });
    }

    [NeedsProgramsFact("buildkitd", "buildctl", "runc", "docker-registry", "skopeo", "busybox")]
    public async Task BuildKit_EveryDockerfile_IsBuiltAsByHand()
    {
        await using var bobs = await BuildDaemon.StartAsync(Stage);
        await using var hands = await BuildDaemon.StartAsync(Stage, name: "hand");
        await BuildAllAsync("buildkit", heredocs: true, (dockerfile, context, secret, image) => Command.CheckAsync(
            "buildctl",
            [
                "--addr", hands.Address, "build", "--frontend", "dockerfile.v0", "--local", $"context={context}", "--local", $"dockerfile={Path.GetDirectoryName(dockerfile)}",
                "--opt", $"filename={Path.GetFileName(dockerfile)}", "--opt", $"build-arg:BASE={Stage.BaseImage}", "--opt", $"build-arg:URL=http://{_filesAddress}",
                "--secret", $"id=token,src={secret}", "--output", $"type=image,name={image},push=true,oci-mediatypes=true,buildinfo=false",
            ],
            variables: new Dictionary<string, string> { ["DOCKER_CONFIG"] = _folder["docker"] }), bobs.Address);
    }

    private async Task BuildAllAsync(string engine, bool heredocs, Func<string, string, string, string, Task> buildByHand, string daemon = "")
    {
        var dockerfiles = Directory.GetFiles(s_corpus, "*.Dockerfile").Where(file => heredocs || !Path.GetFileName(file).StartsWith("heredoc", StringComparison.Ordinal)).ToList();
        dockerfiles.Count.ShouldBeGreaterThan(40);
        var differences = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(dockerfiles, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (dockerfile, _) =>
        {
            if (await CompareAsync(engine, dockerfile, buildByHand, daemon) is { } difference)
            {
                differences.Add($"{Path.GetFileName(dockerfile)}: {difference}");
            }
        });
        string.Join('\n', differences.Order()).ShouldBeEmpty();
    }

    private async Task<string?> CompareAsync(string engine, string dockerfile, Func<string, string, string, string, Task> buildByHand, string daemon)
    {
        var name = Path.GetFileNameWithoutExtension(dockerfile);
        using var attempt = await Stage.PrepareAsync(new Dictionary<string, string> { ["Dockerfile"] = await File.ReadAllTextAsync(dockerfile) });
        await Command.CheckAsync("bash", [Path.Combine(s_corpus, "context.sh"), name.StartsWith("large", StringComparison.Ordinal) ? "large" : "small"], folder: attempt.Workspace);
        var secret = _folder.Write($"{name}/token", Secret);
        attempt.Variables["BOB_ENGINE"] = engine;
        attempt.Variables["BOB_EXTERNAL_BUILDKITD"] = daemon;
        attempt.Variables["BOB_BUILD_ARGS"] = JsonSerializer.Serialize(new Dictionary<string, string> { ["BASE"] = Stage.BaseImage, ["URL"] = $"http://{_filesAddress}" });
        attempt.Variables["BOB_SECRETS_FOLDER"] = _folder[name];
        var image = $"{Stage.Registry.Host}/hand:{name}";
        await buildByHand(Path.Combine(attempt.Workspace, "Dockerfile"), attempt.Workspace, secret, image);
        var exitCode = await attempt.RunAsync();

        // Names that are not UTF-8 are out of .NET's reach.
        await Command.CheckAsync("rm", ["-r", Path.Combine(attempt.Workspace, "odd")]);
        if (exitCode != 0)
        {
            return attempt.Log;
        }

        var (expected, actual) = (await FlatImage.PullAsync(Stage, image), await FlatImage.PullAsync(Stage, attempt.Target));
        return actual.Config != expected.Config ? $"config is\n{actual.Config}, not\n{expected.Config}"
            : !actual.Files.SequenceEqual(expected.Files) ? $"files differ: {string.Join('\n', actual.Files.Except(expected.Files).Concat(expected.Files.Except(actual.Files)).Take(10))}"
            : expected.Files.Count == 0 ? "no files" : null;
    }
}
