using ImageBuilder.Bob.Processes;

namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>BuildKit's client, without a registry's credential.</summary>
/// <param name="address">The daemon's address.</param>
/// <param name="folder">A folder for its home and temporary files, with the docker config that it reads.</param>
internal sealed class Buildctl(string address, string folder)
{
    /// <summary>Runs it and gives its exit code and the end of its output.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="silent">Whether its output is kept from bob's own.</param>
    /// <param name="secrets">What must not show in its output.</param>
    /// <param name="cancellationToken">Kills it and all that bob started.</param>
    public Task<CommandResult> RunAsync(
        IEnumerable<string> arguments, bool silent, IReadOnlyCollection<string> secrets, CancellationToken cancellationToken)
    {
        var variables = new Dictionary<string, string>
        {
            ["PATH"] = EnginePrograms.Path,
            ["HOME"] = folder,
            ["TMPDIR"] = folder,
            ["LC_ALL"] = "C",
            ["DOCKER_CONFIG"] = folder,
        };
        return ForegroundCommand.RunAsync("buildctl", ["--addr", address, .. arguments], variables, folder, silent, secrets, cancellationToken);
    }
}
