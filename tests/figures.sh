#!/usr/bin/env bash
# Prints side by side, measured on this machine in one run: a warm build through the service and by hand, how soon the
# service is ready, and the memory it takes when idle. An otherwise idle machine gives figures worth keeping.
# --bob measures the builder alone instead, against each engine by hand.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/machine.sh"
. "$root/eng/packages.sh"

prepare_dotnet
install_programs
choose_packages
build "$package_set" "$root/eng/demo.slnf"
exec "$root/artifacts/$package_set/bin/Sandbox/release/sandbox" figures "$@"
