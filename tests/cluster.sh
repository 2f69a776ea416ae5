#!/usr/bin/env bash
# Puts a cluster of three silos and two gateways around a PostgreSQL through its losses: 1,000 equal orders and 10,000 resolves over both gateways; 200 builds, each
# followed through both, while silos are killed (kill -9), the database is restarted and one silo is cut off in its own network; every silo and gateway restarted under
# load; and builds by bob while each silo is killed, whose images are pulled. Prints what a client saw of it, and ends with 1 when a build was lost or doubled, a byte
# differs, a stream ended early, a call failed, or a gap was too long.
# It needs set 'nuget'. Options: --builds N, --kills N, --calls N, --database BOOL, --cut BOOL, --rolling BOOL, --tls BOOL, --real N, --seed N.
#
# With --suite it runs tests of one silo on several instead: those of the service (tests/Integration.Tests), each service of theirs being three silos, two gateways and a
# database, each a process, without those that are about one process or its files; and those of how grains behave (tests/Orleans.Behaviour.Tests), on three silos.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/eng/sandbox.sh"

prepare_sandbox postgres:postgresql git-lfs:git-lfs
if [ "$package_set" != nuget ]; then
    echo "a cluster needs Orleans' own packages (set 'nuget'), which this package source lacks" >&2
    exit 2
fi
if [ "${1:-}" = --suite ]; then
    export IMAGEBUILDER_TESTS_ON=cluster
    failed=0
    for name in Orleans.Behaviour.Tests Integration.Tests; do
        build "$package_set" "$root/tests/$name"
        dotnet test "$root/artifacts/$package_set/bin/$name/release/ImageBuilder.$name.dll" --nologo \
            --filter "FullyQualifiedName!~Integration.Tests.Cluster&FullyQualifiedName!~Integration.Tests.Configuration" || failed=1
    done
    exit $failed
fi
run_sandbox cluster "$@"
