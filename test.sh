#!/usr/bin/env bash
# Builds and tests everything that can run on this machine, on the package set in use; where set 'nuget' can be had, on
# both sets. PACKAGES=nuget|standin chooses one. The last line is "N passed, N failed, N skipped".
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$root/eng/machine.sh"
. "$root/eng/packages.sh"

# The longest that the tests of one project may take, in seconds: several times what a busy machine needs.
readonly limit=1800

prepare_dotnet
install_programs postgres:postgresql git-lfs:git-lfs
choose_packages
sets=("$package_set")
if [ -z "${PACKAGES:-}" ] && [ "$package_set" = nuget ]; then
    sets+=(standin)
fi

results="$root/artifacts/test-results"
rm -rf "$results"
for set in "${sets[@]}"; do
    echo "set '$set': building"
    build "$set" "$root/Orleans.ImageBuilder.sln"
    for project in "$root"/tests/*.Tests; do
        name=$(basename "$project")
        echo "set '$set': $name"
        # A project that fails, or does not end, is told by the report below.
        timeout --kill-after=10 "$limit" dotnet test "$root/artifacts/$set/bin/$name/release/ImageBuilder.$name.dll" \
            --results-directory "$results/$set" --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=quiet" --nologo || true
        [ -f "$results/$set/$name.trx" ] || touch "$results/$set/$name.trx"
    done
done
exec "$root/artifacts/$package_set/bin/Sandbox/release/sandbox" report-tests "$results"
