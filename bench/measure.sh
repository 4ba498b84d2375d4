#!/usr/bin/env bash
# Measures what a user waits for, on this machine, and prints medians: start-up, a simulated rack, the demo by stage.
#   bench/measure.sh [--no-demo]        needs xvfb for the desktop's first frame, and sqlite3 for the stages
# Leave the machine idle meanwhile. Everything is written under a temporary directory.
set -euo pipefail
home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kindling() { "$home/kindling" --workspace "$work/$1" "${@:2}"; }

# median NAME COMMAND...: of five, in seconds, after one that is not counted
median() {
  local name=$1
  shift
  "$@" >/dev/null 2>&1
  for _ in 1 2 3 4 5; do
    TIMEFORMAT=%R
    { time "$@" >/dev/null 2>&1; } 2>&1
  done | sort -n | sed -n "3s|^|$name: |p"
}

median 'start-up, --version (s)' "$home/kindling" --version
"$home/kindling" demo --simulated --nodes 50 --loss 5 --workspace "$work/simulated" >"$work/simulated.log" 2>&1 &
demo=$!
peak=0
while kill -0 "$demo" 2>/dev/null; do
  for runner in $(pgrep -f "engine.Runner ALL $work/simulated" || true); do
    now=$(awk '/VmHWM/ { print $2 }' "/proc/$runner/status" 2>/dev/null || echo 0)
    [ "${now:-0}" -le "$peak" ] || peak=$now
  done
  sleep 0.2
done
echo "50 simulated machines, 5 % loss: $(grep -o 'Done in [0-9:]*' "$work/simulated.log"), peak memory of the run $((peak / 1024)) MiB"
median 'status of 50 machines (s)' kindling simulated status
if command -v xvfb-run >/dev/null; then
  for _ in 1 2 3; do
    KINDLING_JAVA_OPTIONS=-Dkindling.timing=1 timeout 15 xvfb-run -a "$home/kindling" gui --workspace "$work/simulated" 2>&1 |
      sed -n 's/kindling.firstFrame=/desktop, first frame (ms): /p' || true
  done | sort | sed -n 2p
fi
[ "${1:-}" = --no-demo ] && exit 0
"$home/kindling" demo --workspace "$work/demo" >"$work/demo.log" 2>&1
grep 'Done in' "$work/demo.log"
sqlite3 "$work/demo/state.db" "SELECT substr(at, 12, 8), json_extract(body, '\$.text') FROM event
  WHERE json_extract(body, '\$.type') IN ('RunStarted', 'StepDone', 'RunEnded') ORDER BY seq"
