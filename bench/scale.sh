#!/usr/bin/env bash
# From the text of a definition to its plan, for 100, 1,000 and 10,000 machines, with 512 MiB of heap; the same by the
# command, from cold; and `kindling status` on a cluster of 1,000 simulated machines that was really brought up.
#   bench/scale.sh [--no-status]
# JAVA_HOME names a JDK 25. Leave the machine idle meanwhile. Everything is written under a temporary directory.
set -euo pipefail
home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
classpath="${KINDLING_CLASSPATH:-$(echo "$home"/tui/target/tui-*.jar):$(cat "$home/tui/target/classpath")}"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

# median COMMAND...: of five, in seconds, after one that is not counted
median() {
  "$@" >/dev/null 2>&1 || true
  for _ in 1 2 3 4 5; do
    TIMEFORMAT=%R
    { time "$@" >/dev/null 2>&1; } 2>&1
  done | sort -n | sed -n 3p
}

definition() {
  cat <<END
apiVersion: kindling.dev/v1
kind: Cluster
metadata: {name: big}
spec:
  distribution: {name: k3s, version: v1.34.2+k3s1}
  networks:
    - {name: net, cidr: 10.64.0.0/16, bootServer: 10.64.0.1, gateway: 10.64.0.1, pool: 10.64.250.0-10.64.250.255}
  nodePools:
    - name: cp
      role: control-plane
      machines: [{mac: "02:00:00:00:00:01", disk: {serial: CP-1}}]
    - name: workers
      role: worker
      machines:
END
  awk -v count="$1" 'BEGIN { for (i = 1; i < count; i++)
    printf "        - {mac: \"02:00:00:01:%02x:%02x\", disk: {serial: WK-%d}}\n", int(i / 256), i % 256, i }'
}

mkdir "$work/classes"
"${java}c" -d "$work/classes" -cp "$classpath" "$home/bench/PlanScale.java"
for machines in 100 1000 10000; do
  definition "$machines" >"$work/$machines.yaml"
  "$java" -XX:+UseSerialGC -Xmx512m --enable-native-access=ALL-UNNAMED -cp "$work/classes:$classpath" PlanScale \
    "$machines" "$work/ws" "$work/$machines.yaml" 2>/dev/null
  echo "$machines machines, kindling plan from cold (s): $(median "$home/kindling" plan "$work/$machines.yaml" --workspace "$work/ws")"
done
[ "${1:-}" = --no-status ] && exit 0
"$home/kindling" demo --simulated --nodes 1000 --workspace "$work/thousand" -q
echo "1000 machines, kindling status (s): $(median "$home/kindling" status --workspace "$work/thousand")"
