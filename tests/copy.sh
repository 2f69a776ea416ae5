#!/usr/bin/env bash
# Copies an image of 1 GiB in 8 layers between repositories and registries of this machine, and prints what was transferred, how fast beside
# `skopeo copy` in the same run, and in how much memory. Ends with a code other than 0 when a goal is missed by far. Takes some minutes and 4 GiB of disk;
# an otherwise idle machine gives figures worth keeping. Arguments go to the measurement: --size (MiB), --repetitions.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox
run_sandbox copy-figures "$@"
