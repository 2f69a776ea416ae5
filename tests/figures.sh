#!/usr/bin/env bash
# Prints side by side, measured on this machine in one run: a warm build through the service and by hand, how soon the
# service is ready, and the memory it takes when idle. An otherwise idle machine gives figures worth keeping.
# --bob measures the builder alone instead, against each engine by hand.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox
run_sandbox figures "$@"
