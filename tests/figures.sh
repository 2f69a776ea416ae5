#!/usr/bin/env bash
# Prints the figures of README.md, "Figures", measured on this machine in one run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/machine.sh"
. "$root/eng/packages.sh"

prepare_dotnet
install_programs
choose_packages
build "$package_set" "$root/eng/demo.slnf"
exec "$root/artifacts/$package_set/bin/Sandbox/release/sandbox" figures
