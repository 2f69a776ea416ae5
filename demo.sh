#!/usr/bin/env bash
# Shows the main job from a Dockerfile in a git repository to a pushed image; see README.md, "Try it".
#   ./demo.sh [--data DIR] [--git-root DIR] [--grpc-port N] [--metrics-port N] [--health-port N] [--registry-port N]
#   ./demo.sh --serve [the same options]     the same set-up, then the service until SIGINT or SIGTERM
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$root/eng/machine.sh"
. "$root/eng/packages.sh"

prepare_dotnet
install_programs
choose_packages
build "$package_set" "$root/eng/demo.slnf"

# From here on this process is the demo itself, so that signals reach it; a shell that starts it in the background
# leaves it SIGINT ignored.
exec env --default-signal=INT,TERM "$root/artifacts/$package_set/bin/Sandbox/release/sandbox" demo "$@"
