namespace ImageBuilder.Bob.Build.BuildKit;

/// <summary>
/// The runtime that buildkitd is given: runc, but with what the daemon has no settings for. A step's control groups lie below the daemon's own in each hierarchy, which is
/// in another place in each, so that the limits of the build hold for its steps and its end is theirs; and a step cannot send packets as it likes,
/// which would go around the routes of its network.
/// </summary>
internal static class BuildKitRuntime
{
    /// <summary>Begins the names of steps' control groups.</summary>
    public const string GroupPrefix = "buildkit-";

    /// <summary>Writes it to <paramref name="path"/>, a file that no step can write.</summary>
    /// <remarks>The specification of a step is one line of JSON. Nothing in a string of it looks like what is changed here, since quotes are escaped there.</remarks>
    public static void Write(string path)
    {
        KeptFile.Write(
            path,
            $$"""
            #!/bin/sh
            bundle= before=
            for argument; do
              if [ "$before" = --bundle ]; then bundle=$argument; fi
              before=$argument
            done
            if [ -n "$bundle" ]; then
              sed -i -E ':raw
                s/("capabilities":\{[^}]*)"CAP_NET_RAW",?/\1/
                t raw
                :comma
                s/("capabilities":\{[^}]*),\]/\1]/
                t comma
                s/"cgroupsPath":"\/buildkit\//"cgroupsPath":"{{GroupPrefix}}/' "$bundle/config.json" || exit 1
              if ! grep -q '"cgroupsPath":"{{GroupPrefix}}[0-9a-z]*"' "$bundle/config.json" || ! grep -q '"capabilities":{' "$bundle/config.json" ||
                grep -q '"capabilities":{[^}]*"CAP_NET_RAW"' "$bundle/config.json"; then
                echo "this runtime does not understand the step's specification" >&2
                exit 1
              fi
            fi
            exec runc "$@"

            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }
}
