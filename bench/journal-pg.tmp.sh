#!/usr/bin/env bash
# Durable journal appends, in SQLite and in a PostgreSQL of its own with fsync on, and reading them back.
#   bench/journal.sh [SECONDS]      CP names the class path where the engine was not built by Maven
# Leave the machine idle meanwhile. Everything is written under a temporary directory.
set -euo pipefail
home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
seconds=${1:-5}
work=$(mktemp -d /tmp/kindling-bench-XXXXXX)
programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
java=$(ls -d /usr/lib/jvm/*25*/bin/java | head -1)
as=()
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
trap '"${as[@]}" "$programs/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
if [ -z "${CP:-}" ]; then
  mvn -q -o -f "$home/pom.xml" dependency:build-classpath -Dmdep.outputFile="$work/cp" -pl engine
  CP=$home/engine/target/classes:$(cat "$work/cp")
fi
bench() { "$java" --enable-native-access=ALL-UNNAMED -cp "$CP" "$home/bench/Journal.java" "$@"; }

mkdir "$work/sqlite"

port=$((20000 + RANDOM % 20000))
chmod 711 "$work"
mkdir "$work/data"
[ "$(id -u)" -ne 0 ] || chown postgres "$work/data"
(cd / && "${as[@]}" "$programs/initdb" -D "$work/data" -U kindling -A trust >/dev/null)
(cd / && "${as[@]}" "$programs/pg_ctl" -D "$work/data" -w -l "$work/data/log" \
  -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=" start >/dev/null)
KINDLING_STATE=postgresql://kindling@127.0.0.1:$port/postgres bench "$work" "$seconds"
