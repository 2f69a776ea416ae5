#!/usr/bin/env bash
# Cancels builds at random moments of their lives and measures how long it takes until their last process is gone; then ends builders by signals while
# others use the same storage. Looks for processes, containers, mounts and files that stay. Ends with 1 when cancelling takes longer than it should, or
# something stays. Options: --cancels N, --bob N (builders of each engine ended by signals), --engine buildah|buildkit, --seed N.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox
run_sandbox cancels "$@"
