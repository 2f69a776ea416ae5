using System.Diagnostics;
using System.Globalization;
using ImageBuilder.Contracts;
using ImageBuilder.Sandbox.Git;
using ImageBuilder.Sandbox.Images;
using ImageBuilder.Sandbox.Service;

namespace ImageBuilder.Sandbox.Demo;

/// <summary>The demo: surroundings and service on this machine, then the sample build or, with --serve, nothing but waiting.</summary>
internal static class DemoRun
{
    /// <summary>Runs it until its end or until <paramref name="cancellationToken"/>, and stops all it started.</summary>
    /// <exception cref="InvalidOperationException">Something did not start, or the build did not do what it should; the message says what.</exception>
    public static async Task RunAsync(DemoOptions options, CancellationToken cancellationToken)
    {
        var data = options.DataFolder is null ? Directory.CreateTempSubdirectory("imagebuilder-demo-").FullName : Path.GetFullPath(options.DataFolder);
        string? closing = null;
        try
        {
            using var inUse = Lock(data);
            await using var surroundings = await Surroundings.StartAsync(data, options.RegistryPort, options.GitRoot, cancellationToken);
            await using var service = await ServiceProcess.StartAsync(
                new ServiceOptions
                {
                    DataFolder = Path.Combine(data, "service"),
                    RegistryHost = surroundings.Registry.Host,
                    AuthFile = surroundings.Registry.AuthFile,
                    GrpcPort = options.GrpcPort,
                    MetricsPort = options.MetricsPort,
                    HealthPort = options.HealthPort,
                },
                cancellationToken);
            if (options.Serve)
            {
                await ServeAsync(surroundings, service, cancellationToken);
            }
            else
            {
                closing = await BuildSampleAsync(surroundings, service, cancellationToken);
            }
        }
        finally
        {
            if (options.DataFolder is null)
            {
                Remove(data);
            }
        }

        if (closing is not null)
        {
            Console.WriteLine(closing);
        }
    }

    private static async Task ServeAsync(Surroundings surroundings, ServiceProcess service, CancellationToken cancellationToken)
    {
        var ports = service.Options;
        Console.WriteLine(
            $"ready grpc=127.0.0.1:{ports.GrpcPort} metrics=127.0.0.1:{ports.MetricsPort} health=127.0.0.1:{ports.HealthPort} "
            + $"registry={surroundings.Registry.Host} auth={surroundings.Registry.AuthFile} git={surroundings.SampleUrl} base={surroundings.BaseImage}");
        await Task.WhenAny(service.Process.Exited, Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken));
        if (!cancellationToken.IsCancellationRequested)
        {
            throw new InvalidOperationException($"the service ended with code {service.Process.ExitCode}:\n{service.Process.LogTail()}");
        }
    }

    private static async Task<string> BuildSampleAsync(Surroundings surroundings, ServiceProcess service, CancellationToken cancellationToken)
    {
        Console.WriteLine($"service ready after {Seconds(service.Startup)} s, gRPC on {service.Address}; building {surroundings.SampleUrl}");
        using var client = new ServiceClient(service.Address);
        var request = BuildRequests.FromGit(surroundings.SampleUrl, SampleRepository.Dockerfile, surroundings.SampleCommit);

        // An earlier run with the same data may have left the image; the demo is to show a build.
        var earlier = await client.Rpc.ResolveWorkspaceImageAsync(
            new ResolveWorkspaceImageRequest { Source = request.Source, Auth = request.Auth },
            cancellationToken: cancellationToken);
        request.ForceRebuild = earlier.Status == BuildStatus.DoneSuccess;

        await using var output = Console.OpenStandardOutput();
        var start = Stopwatch.GetTimestamp();
        var built = (await client.BuildAsync(request, output, cancellationToken))[^1];
        var first = Stopwatch.GetElapsedTime(start);
        if (built.Status != BuildStatus.DoneSuccess)
        {
            throw new InvalidOperationException($"the build failed: {built.Message}\nThe service said:\n{service.Process.LogTail()}");
        }

        var image = await PushedImage.PullAsync(surroundings.Registry, built.Ref, cancellationToken)
            ?? throw new InvalidOperationException($"the registry does not have {built.Ref}, which the service says it built");
        var kept = image.Config["config"]!;
        Console.WriteLine(
            $"pulled the manifest: {image.Manifest["layers"]!.AsArray().Count} layers, user {kept["User"]}, folder {kept["WorkingDir"]}, "
            + $"health check {kept["Healthcheck"]?["Test"]?[1]}");

        request.ForceRebuild = false;
        start = Stopwatch.GetTimestamp();
        var again = await client.BuildAsync(request, output, cancellationToken);
        var second = Stopwatch.GetElapsedTime(start);
        return again is [{ Status: BuildStatus.DoneSuccess }]
            ? $"built {built.Ref}@{image.Digest} in {Seconds(first)} s, again in {Math.Ceiling(second.TotalMilliseconds)} ms"
            : throw new InvalidOperationException($"the second call of Build was not answered at once, but: {string.Join("; ", again)}");
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    private static FileStream Lock(string data)
    {
        Directory.CreateDirectory(data);
        try
        {
            return new FileStream(Path.Combine(data, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new InvalidOperationException($"{data} is in use by another demo; give this one a --data of its own");
        }
    }

    private static void Remove(string data)
    {
        try
        {
            Directory.Delete(data, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"could not remove {data}: {exception.Message}");
        }
    }
}
