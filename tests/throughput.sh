#!/usr/bin/env bash
# Prints what calls to a cluster of one silo and to one of three cost on this machine, in turns, with PostgreSQL: a resolve, a Build whose image is there, an update of a
# build's status, and an append to a log, each spread over 1, 1,000 and 100,000 grains; what of many clients of one image and of one build reaches its grain; and what
# memory idle grains give back. Processor time is told apart by gateway, silos and database. Ends with 1 when a call costs much more with many grains than with one.
# It needs set 'nuget'. Option: --quick, a short version. An otherwise idle machine gives figures worth keeping.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox postgres:postgresql
if [ "$package_set" != nuget ]; then
    echo "a cluster needs Orleans' own packages (set 'nuget'), which this package source lacks" >&2
    exit 2
fi
run_sandbox throughput "$@"
