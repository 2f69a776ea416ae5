# Sourced by demo.sh and test.sh: what the machine must have beside the .NET SDK.

# Installs the Debian packages of the programs that are missing, and says so. Arguments: more pairs of a program and its package.
install_programs() {
    local pair missing=()
    for pair in "$@" buildah:buildah netavark:netavark runc:runc docker-registry:docker-registry git:git busybox:busybox-static skopeo:skopeo slirp4netns:slirp4netns ip:iproute2; do
        PATH="$PATH:/usr/sbin:/sbin:/usr/lib/podman:/usr/libexec/podman$(printf ':%s' /usr/lib/postgresql/*/bin)" type -P "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
    [ ${#missing[@]} -eq 0 ] && return

    local admin=()
    [ "$(id -u)" -eq 0 ] || admin=(sudo)
    echo "installing with apt: ${missing[*]}"
    if ! { "${admin[@]}" apt-get update -q \
        && "${admin[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$root/artifacts/apt.log" 2>&1; then
        tail -n 20 "$root/artifacts/apt.log" >&2
        echo "apt could not install ${missing[*]}; the whole output is in artifacts/apt.log" >&2
        return 1
    fi
}

# A machine without a home (a bare container, a service unit) still gets one for the SDK and the package cache.
prepare_dotnet() {
    if [ -z "${HOME:-}" ]; then
        export HOME="$root/artifacts/home"
    fi
    [ -n "${NUGET_PACKAGES:-}" ] || unset NUGET_PACKAGES
    mkdir -p "$HOME" "$root/artifacts"
    export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false MSBUILDTERMINALLOGGER=off
    if ! type -P dotnet >/dev/null; then
        echo "dotnet is missing: install the .NET 10 SDK (https://dotnet.microsoft.com/download) and put it on PATH" >&2
        return 1
    fi
}

# build SET PROJECT: restores and builds quietly in configuration Release, leaving no build server behind. Copies of
# the scripts that run side by side in one checkout take turns. bob is compiled ahead of time where the package source has
# what that takes.
build() {
    dotnet_build "$@" -p:Fast=true && return
    if grep -qE 'NU110[123]|NETSDK1094' "$root/artifacts/build.log" && dotnet_build "$@"; then
        return
    fi
    cat "$root/artifacts/build.log" >&2
    echo "the build of set '$1' failed" >&2
    return 1
}

dotnet_build() {
    local set=$1 project=$2
    shift 2
    flock "$root/artifacts/build.lock" dotnet build "$project" -c Release -v quiet -p:Packages="$set" --disable-build-servers -clp:NoSummary "$@" >"$root/artifacts/build.log" 2>&1
}
