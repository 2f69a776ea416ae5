#!/usr/bin/env bash
# Pushes an image of 1 GiB in 8 layers with skopeo to a registry of this machine, directly and through `bob proxy` in turns, and prints the times, their
# ratio, and the memory of the proxy, also while 8 blobs are uploaded at a time. Ends with a code other than 0 when a goal is missed by far. Takes some
# minutes and 3 GiB of disk; an otherwise idle machine gives figures worth keeping. Arguments go to the measurement: --size (MiB), --repetitions.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox
run_sandbox proxy-figures "$@"
