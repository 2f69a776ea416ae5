#!/usr/bin/env bash
# Prints side by side, measured on this machine in one run: calls per second of ResolveBaseImage answered from the cache and of a
# bare echo on the same gRPC stack, and how long resolves take at half of the load that they bear. An otherwise idle machine
# gives figures worth keeping. --rounds, --seconds, --connections and --calls change how it is measured.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox
run_sandbox resolve-figures "$@"
