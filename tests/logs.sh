#!/usr/bin/env bash
# Prints how logs get from builders to clients on this machine: a build that writes 20 MiB/s to four followers, one that writes 1 MiB/s to two
# hundred of whom twenty read slowly, and the replay of a large log, each with its goals. An otherwise idle machine gives figures worth keeping.
# Ends with 1 when a follower got a wrong byte.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox
run_sandbox log-figures
