#!/usr/bin/env bash
# Fills the directory with 100,000 finished builds (or as many as the first argument says) by way of its grains, on files, and prints how long a
# page of ListBuilds takes: the first, a deep one, filtered ones, also beside 1,000 builds; how soon the shards are there after a restart; and
# the memory that their index takes. An otherwise idle machine gives figures worth keeping. Filling goes to $TMPDIR; one in memory is quicker.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/machine.sh"
. "$root/eng/packages.sh"

prepare_dotnet
choose_packages
export HISTORY_BUILDS=${1:-100000}
exec dotnet test "$root/tests/Silo.Tests" -c Release "-p:Packages=$package_set" --filter FullyQualifiedName~LongHistory \
  --logger "console;verbosity=detailed" --nologo
