#!/usr/bin/env bash
# Kills the service (kill -9) a hundred times at random moments while twenty builds run, starts it again, and looks whether a build was lost or made
# twice, a byte of a log changed, or anything was left behind on the machine. Ends with 1 when it finds something. Options: --scripted N, --real N
# (kills with a scripted builder and with bob), --builds N, --seed N.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox
run_sandbox kills "$@"
