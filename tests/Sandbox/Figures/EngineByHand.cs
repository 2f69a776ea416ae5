namespace ImageBuilder.Sandbox.Figures;

/// <summary>An engine by hand: shell scripts that build the context $2 and push it as image $3, with the engine's storage and the registry's password, config.json, in folder $1.</summary>
internal static class EngineByHand
{
    private const string Buildah = """
        set -e
        folder=$1
        engine() { buildah --root "$folder/root" --runroot "$folder/runroot" "$@"; }
        engine bud --quiet --layers --format docker --isolation oci --runtime runc --network host --tls-verify=false --authfile "$1/config.json" --tag "$3" "$2"
        engine push --quiet --tls-verify=false --authfile "$1/config.json" "$3" "docker://$3"
        """;

    // As bob has it, the daemon is started for the build and ended after it. It is looked for every 10 ms, since the client of this version does not wait for it.
    private const string BuildKit = """
        cd "$1"
        buildkitd --root "$1/state" --addr "unix://$1/socket" --oci-worker-net host --containerd-worker false >buildkitd.log 2>&1 &
        until [ -S socket ]; do sleep 0.01; done
        DOCKER_CONFIG=$1 buildctl --addr "unix://$1/socket" build --frontend dockerfile.v0 --local "context=$2" --local "dockerfile=$2" --output "type=image,name=$3,push=true,oci-mediatypes=true"
        built=$?
        kill $!
        wait
        rm socket
        exit $built
        """;

    /// <summary>The arguments of <c>sh</c> for it.</summary>
    public static string[] Arguments(string engine, string folder, string context, string image) => ["-c", engine == "buildah" ? Buildah : BuildKit, "sh", folder, context, image];
}
