#!/usr/bin/env bash
# What the class archives are worth: medians of seven, in seconds, of frequent commands with no archive of ours, with an
# AppCDS archive, and with an AOT cache (JEP 483, 514) made by one training run per command; the launcher keeps one for all.
#   bench/startup.sh        after a build; leave the machine idle meanwhile
set -euo pipefail
home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
classpath="${KINDLING_CLASSPATH:-$(echo "$home"/tui/target/tui-*.jar):$(cat "$home/tui/target/classpath")}"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
common=(-XX:+UseSerialGC -XX:-UsePerfData -XX:TieredStopAtLevel=1 -Xlog:disable -Xlog:all=off
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow "-Dkindling.home=$home")

kindling() { "$java" "${common[@]}" "${archive[@]}" -cp "$classpath" dev.kindling.tui.Main "$@" >/dev/null 2>&1 || true; }

median() {
  for _ in 1 2 3 4 5 6 7; do
    TIMEFORMAT=%R
    { time kindling "$@"; } 2>&1
  done | sort -n | sed -n 4p
}

archive=()
kindling --workspace "$work/ws" demo --simulated -q
definition=$work/ws/demo.yaml
printf '%-10s %8s %8s %8s\n' command plain AppCDS AOT
for command in --version "status --workspace $work/ws" "validate $definition --workspace $work/ws" "plan $definition --workspace $work/ws"; do
  read -ra words <<<"$command"
  archive=()
  plain=$(median "${words[@]}")
  archive=(-XX:ArchiveClassesAtExit="$work/a.jsa")
  kindling "${words[@]}"
  archive=(-XX:SharedArchiveFile="$work/a.jsa")
  cds=$(median "${words[@]}")
  archive=(-XX:AOTCacheOutput="$work/a.aot")
  kindling "${words[@]}"
  archive=(-XX:AOTCache="$work/a.aot")
  aot=$(median "${words[@]}")
  printf '%-10s %8s %8s %8s\n' "${words[0]}" "$plain" "$cds" "$aot"
  rm -f "$work"/a.*
done
