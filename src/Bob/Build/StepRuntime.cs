using System.Runtime.InteropServices;
using ImageBuilder.Bob.Commands;

namespace ImageBuilder.Bob.Build;

/// <summary>The runtime that buildah is given: runc, but a step whose mounts lead out of the build (<see cref="StepMounts"/>) is not started.</summary>
internal static class StepRuntime
{
    /// <summary>Writes it to <paramref name="path"/>.</summary>
    /// <param name="path">A file that no step can write.</param>
    /// <param name="graph">The engine's storage.</param>
    /// <param name="folders">The folders that a step may see, as real paths.</param>
    public static void Write(string path, string graph, IEnumerable<string> folders)
    {
        var check = string.Join(' ', Bob().Append(StepMountsVerb.Name).Append("\"$3\"").Append(Quote(graph)).Concat(folders.Select(Quote)));
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        File.WriteAllText(
            path,
            $"""
            #!/bin/sh
            export DOTNET_ROOT={Quote(runtime)} DOTNET_EnableDiagnostics=0
            case "$1 $2" in
              "create --bundle")
                for mount in "$3"/mnt/*; do
                  if [ "$mount" != "$3/mnt/rootfs" ]; then
                    {check} || exit 1
                    break
                  fi
                done ;;
              start\ *|state\ *|kill\ *|delete\ *) ;;
              *) echo "this runtime does not know $1 $2" >&2; exit 1 ;;
            esac
            exec runc "$@"

            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private static IEnumerable<string> Bob()
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileName(program) == "dotnet" ? [Quote(program), Quote(Environment.GetCommandLineArgs()[0])] : [Quote(program)];
    }

    private static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
