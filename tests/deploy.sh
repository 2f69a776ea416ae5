#!/usr/bin/env bash
# Builds the container images of deploy/images on bases made on this machine, and runs gateway, silo and bob from them as the manifests of
# deploy/kubernetes do: users, capabilities and writable folders are those. Ends with 1 when one does not work. Takes root, Debian's archive, two
# minutes and 3 GiB of disk below TMPDIR.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/machine.sh"
. "$root/eng/packages.sh"

images="$root/deploy/images"
work=$(mktemp -d "${TMPDIR:-/tmp}/imagebuilder-deploy-XXXXXX")
storage=(--root "$work/storage" --runroot "$work/run")
podman=("$work/tools/usr/bin/podman" "${storage[@]}" --conmon "$work/tools/usr/bin/conmon" --cgroup-manager cgroupfs --runtime runc --events-backend none)
surroundings=
postgres=/usr/lib/postgresql/15/bin

clean_up() {
    local code=$?
    [ "$code" -eq 0 ] || tail -n 20 "$(ls -t "$work"/*.log | head -n 1)" >&2 || true
    "${podman[@]}" rm --all --force --time 5 >/dev/null 2>&1 || true
    [ ! -e "$work/postgres/postmaster.pid" ] || as_postgres stop -m immediate >/dev/null || true
    [ -z "$surroundings" ] || { kill "$surroundings" && wait "$surroundings"; } 2>/dev/null || true
    "${podman[@]}" system reset --force >/dev/null 2>&1 || true
    umount --quiet --recursive "$work/storage/overlay" 2>/dev/null || true
    rm -rf --one-file-system "$work"
}

# Programs that nothing else here needs, so they are not installed.
unpack_tools() {
    unpack "$work/tools" conmon debootstrap podman
    export DEBOOTSTRAP_DIR="$work/tools/usr/share/debootstrap"
}

# unpack FOLDER PACKAGE...
unpack() {
    mkdir -p "$1" "$work/packages"
    (cd "$work/packages" && rm -f ./*.deb && apt-get download -q -o APT::Sandbox::User=root "${@:2}") >"$work/download.log" 2>&1
    find "$work/packages" -name '*.deb' -exec dpkg-deb --extract {} "$1" \;
}

# publish PROJECT FOLDER: with a bob that was compiled to machine code, where the package source has what that takes.
publish() {
    dotnet publish "$root/$1" -c Release -v quiet -p:Packages="$package_set" --disable-build-servers -o "$work/publish/$2" "${bob[@]}" >"$work/publish.log" 2>&1
}

# image NAME FOLDER: an image of what is in a folder.
image() {
    local container
    container=$(buildah "${storage[@]}" from scratch)
    buildah "${storage[@]}" copy --quiet "$container" "$2" / >/dev/null
    buildah "${storage[@]}" config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    buildah "${storage[@]}" commit --quiet --rm "$container" "localhost/$1" >/dev/null
}

# In place of Debian's image.
make_debian() {
    "$work/tools/usr/sbin/debootstrap" --variant=minbase bookworm "$work/debian" http://deb.debian.org/debian >"$work/debootstrap.log"
    image debian "$work/debian"
}

# In place of Microsoft's chiselled image: the runtime and the libraries that it needs, and no program beside.
make_dotnet() {
    local dotnet folder="$work/dotnet"
    dotnet=$(dirname "$(readlink -f "$(type -P dotnet)")")
    unpack "$folder" base-files libc6 libgcc-s1 libssl3 libstdc++6 tzdata zlib1g
    mkdir -p "$folder/usr/share/dotnet" "$folder/etc/ssl/certs"
    cp --archive "$dotnet/dotnet" "$dotnet/host" "$dotnet/shared" "$folder/usr/share/dotnet/"
    cp --dereference /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/"
    image dotnet "$folder"
}

# dockerfile NAME CONTEXT [ARGUMENT...]
dockerfile() {
    local name=$1 context=$2
    shift 2
    buildah "${storage[@]}" build --isolation oci --runtime runc --network host --file "$images/$name.Dockerfile" "${@/#/--build-arg=}" \
        --tag "localhost/imagebuilder-$name" "$work/publish/$context" >"$work/$name-image.log" 2>&1
    echo "built imagebuilder-$name"
}

# A registry, a git server and a base image, which the demo has.
start_surroundings() {
    "$root/artifacts/$package_set/bin/Sandbox/release/sandbox" demo --serve --data "$work/surroundings" >"$work/surroundings.log" 2>&1 &
    surroundings=$!
    until grep -q '^ready ' "$work/surroundings.log"; do
        kill -0 "$surroundings"
        sleep 0.1
    done
}

# told KEY: what the surroundings said of it.
told() {
    sed -n "s/^ready .*\b$1=\([^ ]*\).*/\1/p" "$work/surroundings.log"
}

configure() {
    mkdir -p "$work/etc"
    install -m 644 "$(told auth)" "$work/etc/docker-config.json"
    cat >"$work/etc/config.json" <<CONFIG
{
  "orchestrator": {
    "pullSecretFile": "/etc/imagebuilder/docker-config.json",
    "baseImageRepository": "$(told registry)/deploy/base",
    "workspaceImageRepository": "$(told registry)/deploy/workspace"
  },
  "server": {"services": {"grpc": {"address": "127.0.0.1:28080"}}},
  "metrics": {"address": "127.0.0.1:29500"},
  "health": {"address": "127.0.0.1:29501"},
  $(grep -A 2 '"process"' "$root/deploy/kubernetes/overlays/single/config.json")
}
CONFIG
}

# pod NAME IMAGE [OPTION...] -- [ARGUMENT...]: a container with a root that is read-only, no capability and no more open files than this process.
pod() {
    local name=$1 image=$2 options=()
    shift 2
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    "${podman[@]}" run --name "$name" --network host --read-only --read-only-tmpfs=false --cap-drop ALL --ulimit "nofile=$(ulimit -Hn)" --ulimit nproc=16384 \
        --volume "$work/etc:/etc/imagebuilder:ro" "${options[@]}" "localhost/imagebuilder-$image" "${@:2}"
}

# wait_until_ready NAME PORT
wait_until_ready() {
    local deadline=$((SECONDS + 30))
    until [ "$(curl --silent --max-time 2 "http://127.0.0.1:$2/ready")" = ready ]; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            "${podman[@]}" logs "$1" >&2
            echo "$1 does not get ready" >&2
            return 1
        fi
        sleep 0.1
    done
}

# stop NAME: by SIGTERM, which is to be enough.
stop() {
    "${podman[@]}" stop --time 20 "$1" >/dev/null
    local code
    code=$("${podman[@]}" inspect --format '{{.State.ExitCode}}' "$1")
    "${podman[@]}" rm "$1" >/dev/null
    [ "$code" -eq 0 ] || { echo "$1 ended with code $code" >&2; return 1; }
}

run_bob() {
    pod bob bob --rm -- --help >"$work/bob.log"
    grep -q proxy "$work/bob.log"
    echo "bob: runs without capabilities"
}

run_gateway() {
    local unprivileged=(--user 1654:1654 --security-opt no-new-privileges)
    pod check gateway --rm "${unprivileged[@]}" -- check --config /etc/imagebuilder/config.json >"$work/check.log"
    pod gateway gateway --detach "${unprivileged[@]}" --tmpfs /var/lib/imagebuilder:rw,mode=0700,U -- run --config /etc/imagebuilder/config.json >/dev/null
    wait_until_ready gateway 29501
    if "${podman[@]}" exec gateway /bin/sh -c true 2>/dev/null; then
        echo "the gateway's image has a shell" >&2
        return 1
    fi
    stop gateway
    echo "gateway: ready as user 1654 without capabilities, on a root that is read-only and has no shell"
}

# start_silo NAME [OPTION...]: as the manifests have it.
start_silo() {
    local name=$1 capabilities folder
    capabilities=$(sed -n 's/^ *add: \[\(.*\)\]$/\1/p' "$root/deploy/kubernetes/base/silo/silo.yaml" | tr -d ' ')
    mkdir "$work/$name"
    local options=(--detach --cap-add "$capabilities" --volume /dev/net/tun:/dev/net/tun --volume "$work/$name:/var/lib/imagebuilder" "${@:2}")
    for folder in /run /var/tmp /etc/containers/networks; do
        options+=(--tmpfs "$folder")
    done
    pod "$name" silo "${options[@]}" -- run --config /etc/imagebuilder/config.json >/dev/null
    wait_until_ready "$name" 29501
}

# build_by NAME: has the sample built, by a silo of this name.
build_by() {
    "$root/artifacts/$package_set/bin/Cli/release/imagebuilder" build --address http://127.0.0.1:28080 --git "$(told git)" --branch main --allow-all >"$work/build.log" 2>&1
    tail -n 1 "$work/build.log"
    "${podman[@]}" logs "$1" >"$work/silo.log" 2>&1
    if grep 'runs without limits' "$work/silo.log"; then
        return 1
    fi
}

run_silo() {
    start_silo single
    build_by single
    stop single
    echo "silo: built with limits and a network of its own, with the manifests' capabilities on a root that is read-only"
}

as_postgres() {
    (cd / && setpriv --reuid postgres --regid postgres --clear-groups "$postgres/pg_ctl" --pgdata "$work/postgres" --silent --wait "$@")
}

# A silo and a gateway around a database, which the silo's image migrates.
run_cluster() {
    if [ "$package_set" != nuget ] || [ ! -x "$postgres/initdb" ]; then
        echo "cluster: not run; it takes set nuget and PostgreSQL 15"
        return
    fi
    chmod 711 "$work"
    install -d -m 700 -o postgres -g postgres "$work/postgres"
    as_postgres initdb --options="--auth=trust" >"$work/initdb.log" 2>&1
    as_postgres --log="$work/postgres/log" --options="-p 25432 -h 127.0.0.1 -k $work/postgres" start
    mkdir "$work/etc/postgres"
    echo 'Host=127.0.0.1;Port=25432;Username=postgres;Database=postgres' >"$work/etc/postgres/connection-string"
    sed -i -e '1a "cluster": {"kind": "postgresql", "connectionStringFile": "/etc/imagebuilder/postgres/connection-string"},' -e 's:/deploy/:/cluster/:' "$work/etc/config.json"
    sed -e 's/29500/29502/' -e 's/29501/29503/' "$work/etc/config.json" >"$work/etc/gateway.json"
    pod migrate silo --rm --entrypoint /app/imagebuilder-silo --security-opt no-new-privileges -- migrate --config /etc/imagebuilder/config.json
    start_silo silo-0 --env POD_NAME=silo-0 --env POD_IP=127.0.0.1
    pod gateway-0 gateway --detach --user 1654:1654 --security-opt no-new-privileges -- gateway --config /etc/imagebuilder/gateway.json >/dev/null
    wait_until_ready gateway-0 29503
    build_by silo-0
    stop gateway-0
    stop silo-0
    echo "cluster: migrated, and built through a gateway without any right or place to write to"
}

trap clean_up EXIT
prepare_dotnet
install_programs
unpack_tools
choose_packages
build "$package_set" "$root/eng/demo.slnf"
publish silo silo
publish src/Bob bob
make_debian
make_dotnet
dockerfile gateway silo DOTNET=localhost/dotnet
dockerfile bob bob DOTNET=localhost/dotnet DEBIAN=localhost/debian
dockerfile silo silo BOB=localhost/imagebuilder-bob
start_surroundings
configure
run_bob
run_gateway
run_silo
run_cluster
echo passed
