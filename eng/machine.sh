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
# the scripts that run side by side in one checkout take turns.
build() {
    choose_bob "$1"
    dotnet_build "$@" "${bob[@]}" && return
    cat "$root/artifacts/build.log" >&2
    echo "the build of set '$1' failed" >&2
    return 1
}

# choose_bob SET: sets bob to what has bob compiled to machine code, for the newest framework whose native compiler the package source has. .NET 9,
# which is no longer maintained, is for trying it on partial mirrors of the registry; deploy/README.md has .NET 10 alone.
choose_bob() {
    local framework
    bob=()
    for framework in net10.0 net9.0; do
        if [ -x "$root/artifacts/$1/native/$framework/bob" ] || has_native_compiler "$1" "$framework"; then
            bob=(-p:NativeBob=$framework)
            [ "$framework" = net10.0 ] || echo "bob: compiled to machine code for $framework, the package source lacks the native compiler of .NET 10"
            install_programs gcc:gcc sprof:libc6-dev
            return
        fi
    done
    echo "bob: starts by the runtime, the package source lacks the native compilers of .NET (artifacts/native.log)"
}

has_native_compiler() {
    flock "$root/artifacts/build.lock" dotnet msbuild "$root/src/Bob/Bob.csproj" -target:RestoreNative -verbosity:quiet -p:Configuration=Release -p:Packages="$1" -p:NativeBob="$2" >"$root/artifacts/native.log" 2>&1
}

dotnet_build() {
    local set=$1 project=$2
    shift 2
    flock "$root/artifacts/build.lock" dotnet build "$project" -c Release -v quiet -p:Packages="$set" --disable-build-servers -clp:NoSummary "$@" >"$root/artifacts/build.log" 2>&1
}
