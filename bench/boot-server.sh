#!/usr/bin/env bash
# Measures the boot service beside the servers that others use: short alternating runs, medians and ratios as a table.
#   LAB_DIR=DIR bench/boot-server.sh [--rounds N] [--settle S] [ROW...]
# Rows: tftp rtt loss crowd http https dhcp start boot (default: all but boot, which takes a quarter of an hour).
# DIR holds the measuring laboratory (topo.sh, tftpload.c, dhcpload.c, servers/NAME.sh): network namespaces of its own.
# Needs root, and atftpd, dnsmasq, nginx, kea-dhcp4, wrk and curl; ATFTPD and KEA_DHCP4 name programs elsewhere.
# A round starts each server afresh, waits --settle seconds (default 3), and takes every figure of the row once.
# Leave the machine idle meanwhile. See docs/reference/boot-server-performance.md.
home=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
HERE=${LAB_DIR:?names the directory of the laboratory}
# shellcheck disable=SC1091 # not of this repository
. "$HERE/lib.sh"
export KINDLING=${KINDLING:-$home/kindling}
rounds=3 settle=3 rows=()
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift 2 ;;
    --settle) settle=$2; shift 2 ;;
    tftp | rtt | loss | crowd | http | https | dhcp | start | boot) rows+=("$1"); shift ;;
    *) sed -n '2,8p' "${BASH_SOURCE[0]}"; exit 2 ;;
  esac
done
[ ${#rows[@]} -gt 0 ] || rows=(tftp rtt loss crowd http https dhcp start)
lab_trap
results=$WORK/results
: >"$results"

# note MEASURE UNIT SERVER VALUE; a unit with "-" in front says that less is better
note() { printf '%s\t%s\t%s\t%s\n' "$@" >>"$results"; [ -z "${VERBOSE:-}" ] || say "$*"; }
pinned() { local cpus=$1; shift; taskset -c "$cpus" "$@"; }
json() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1])).get(sys.argv[2], 0))' "$1" "$2"; }
memory() { local now; now=$(tree_rss "$SRV_PID"); note "resident memory, $1" -MiB "$2" $((${now#* } / 1024)); }

# serve SERVER CPUS: starts it and waits until it has opened its port ($PORT_UDP or $PORT_TCP)
serve() {
  taskset -pc "$2" $$ >/dev/null; start_server "$1"; taskset -pc 0,1 $$ >/dev/null
  if [ -n "${PORT_TCP:-}" ]; then wait_tcp "$SRV_NS" "$PORT_TCP"; else wait_udp "$SRV_NS" "$PORT_UDP"; fi ||
    die "$1 did not start: $(tail -3 "$WORK/server-$1.log")"
  sleep "$settle"
}

# each SERVERS FUNCTION: every round runs FUNCTION SERVER once for each
each() {
  local round server
  for round in $(seq "$rounds"); do
    for server in $1; do "$2" "$server"; stop_servers; done
  done
}

files() {
  unset BIOS_FILE EFI64_FILE IPXE_SCRIPT
  export ROOT=$WORK/root
  [ -e "$ROOT/big" ] && return
  mkdir -p "$ROOT/s"
  head -c 67108864 /dev/urandom >"$ROOT/f64"
  head -c 1048576 "$ROOT/f64" >"$ROOT/f1"
  for _ in 1 2 3 4 5 6 7 8; do cat "$ROOT/f64"; done >"$ROOT/big"
  for i in $(seq 100); do tail -c $((i * 5000)) "$ROOT/f1" | head -c 4096 >"$ROOT/s/$i"; done
  chmod -R a+rX "$ROOT"
}

# fetch SERVER MEASURE PIN FILE WINDOW CLIENTS SECONDS: leaves the load's JSON in $WORK/one and the server's CPU ticks in $ticks
fetch() {
  local before
  before=$(srv_cpu)
  ns "$LAB-c1" taskset -c "$3" "$WORK/bin/tftpload" -h "$ADDR" -f "$4" -r "$ROOT/$4" -b 1428 -w "$5" -c "$6" -n "$6" \
    -d "$7" >"$WORK/one"
  ticks=$(($(srv_cpu) - before))
  [ "$(json "$WORK/one" mismatch)" = 0 ] || die "$1 sent wrong octets"
  note "$2" MB/s "$1" "$(json "$WORK/one" mbps)"
}

# seconds of the processor that the server took for each GiB of the last fetch
costs() { awk "BEGIN { print $ticks / 100 / ($(json "$WORK/one" bytes) / 2 ^ 30) }"; }

tftp_row() {
  serve "$1" 0
  for window in 0 16 64; do
    fetch "$1" "TFTP one stream, no delay, window $((window > 0 ? window : 1))" 0 f64 "$window" 1 8
    note "TFTP CPU, window $((window > 0 ? window : 1))" -s/GiB "$1" "$(costs)"
  done
  memory TFTP "$1"
}
rtt_row() { serve "$1" 0,1; fetch "$1" "TFTP one stream, $rtt ms RTT, window 64" 0,1 f64 64 1 8; }
loss_row() { serve "$1" 0,1; fetch "$1" 'TFTP one stream, 1 ms RTT, 1 % loss, window 16' 0,1 f64 16 1 8; }
crowd_row() {
  serve "$1" 0
  fetch "$1" 'TFTP 500 clients x 1 MiB, window 1' 1 f1 0 500 60
  note 'TFTP CPU, 500 clients' -s/GiB "$1" "$(costs)"
  note 'TFTP 500 clients, their time-outs' -count "$1" "$(json "$WORK/one" timeouts)"
  memory 'TFTP 500 clients' "$1"
}

web_row() {
  local base=$scheme://$ADDR:$PORT_TCP name=${scheme^^} out=$WORK/one
  serve "$1" 0
  load() { # load MEASURE UNIT WRK-ARGUMENTS
    local measure=$1 unit=$2; shift 2
    ns "$LAB-c1" taskset -c 1 wrk -t1 -d4s --timeout 20s "$@" >"$out"
    if [ "$unit" = MB/s ]; then
      note "$name $measure" MB/s "$server" "$(sed -n 's/Transfer.sec: *//p' "$out" |
        awk '{ v = $1 + 0; if (/GB/) v *= 1024; if (/KB/) v /= 1024; print v * 1.048576 }')"
    else
      note "$name $measure" "$unit" "$server" "$(sed -n 's/Requests.sec: *//p' "$out")"
    fi
    grep -q 'Non-2xx' "$out" && die "$server: $(cat "$out")"
  }
  note "$name one stream" MB/s "$1" "$(ns "$LAB-c1" taskset -c 1 curl -sk -o "$WORK/null" -w '%{speed_download}' "$base/big" |
    awk '{ print $1 / 1e6 }')"
  load '50 streams' MB/s -c50 "$base/big"
  load '500 x 1 MiB' MB/s -c500 "$base/f1"
  if [ "$scheme" = http ]; then
    load '4 KiB files, 64 connections kept' req/s -c64 -s "$WORK/s.lua" "$base/"
    load '4 KiB files, a connection each' req/s -c64 -s "$WORK/s.lua" -H 'Connection: close' "$base/"
  fi
  memory "$name" "$1"
}

# answers SERVER CASE RATE: whether it loses less than 0.1 % for 4 s, after a start afresh as the laboratory does it
answers() {
  local arguments clients=20000
  case $2 in broadcast) arguments='-M dora -B' ;; relay) arguments='-M dora -F relay' ;; discover) arguments='-M disc -B' ;; esac
  serve "$1" 0
  # shellcheck disable=SC2086 # several words
  ns "$LAB-c1" taskset -c 1 "$WORK/bin/dhcpload" -i cl0 -s "$ADDR" $arguments -r 100 -d 1 -R $clients >"$WORK/one" 2>&1
  # shellcheck disable=SC2086
  ns "$LAB-c1" taskset -c 1 "$WORK/bin/dhcpload" -i cl0 -s "$ADDR" $arguments -r "$3" -d 4 -R $clients >"$WORK/one" 2>&1
  memory DHCP "$1"
  stop_servers
  [ -z "${VERBOSE:-}" ] || say "$1 $2 $3: drops $(json "$WORK/one" drop_pct) %, p99 $(json "$WORK/one" total_p99_ms) ms"
  python3 -c 'import json,sys; sys.exit(json.load(open(sys.argv[1]))["drop_pct"] >= 0.1)' "$WORK/one"
}

# the highest rate by doubling and halving to within 6 %, then the latency at 8,000 exchanges a second
dhcp_row() {
  local case low high rate
  for case in broadcast relay discover; do
    low=0 rate=8000
    while answers "$1" "$case" "$rate"; do low=$rate rate=$((rate * 2)); [ "$rate" -le 128000 ] || break; done
    high=$rate
    [ "$low" -gt 0 ] || low=500
    while [ $((high - low)) -gt $((low / 16)) ]; do
      rate=$(((low + high) / 2))
      if answers "$1" "$case" "$rate"; then low=$rate; else high=$rate; fi
    done
    note "DHCP $case, highest rate" /s "$1" "$low"
    answers "$1" "$case" 8000
    note "DHCP $case, p99 at 8000/s" -ms "$1" "$(json "$WORK/one" total_p99_ms)"
  done
}

start_row() {
  local begun settle=0
  begun=$(date +%s%N)
  PORT_UDP=67 serve "$1" 0,1
  if [ "$1" = kindling ]; then
    until grep -q ready "$WORK/server-$1.log"; do sleep 0.005; done
  fi
  note 'start to ready' -ms "$1" $((($(date +%s%N) - begun) / 1000000))
}

for row in "${rows[@]}"; do
  case $row in
    tftp | crowd | rtt | loss)
      build tftpload -lcrypto -lm
      files
      export MODE=none TLS_CERT= PORT_UDP=69 PORT_TCP=
      ;;
    http | https)
      files
      export MODE=none PORT_TCP=$HTTP_PORT TLS_CERT=$WORK/cert.pem TLS_KEY=$WORK/key.pem
      [ $row = http ] || PORT_TCP=$HTTPS_PORT
      scheme=$row
      printf 'local i = 0\nrequest = function() i = i %% 100 + 1; return wrk.format("GET", "/s/" .. i) end\n' >"$WORK/s.lua"
      ln -sf /dev/null "$WORK/null"
      [ -e "$TLS_KEY" ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$TLS_KEY" \
        -out "$TLS_CERT" -days 2 -subj /CN=lab 2>/dev/null
      ;;
    dhcp | start)
      build dhcpload -lm
      export MODE=dhcp TLS_CERT= PORT_UDP=67 PORT_TCP= BIOS_FILE=undionly.kpxe EFI64_FILE=ipxe.efi IPXE_SCRIPT=boot.ipxe
      export ROOT=$WORK/loaders
      mkdir -p "$ROOT"
      touch "$ROOT/undionly.kpxe" "$ROOT/ipxe.efi" "$ROOT/boot.ipxe"
      ;;
  esac
  case $row in
    tftp) bash "$HERE/topo.sh" up --clients 1; each 'kindling atftpd' tftp_row ;;
    rtt) for rtt in 1 10; do bash "$HERE/topo.sh" up --clients 1 --rtt $rtt; each 'kindling atftpd' rtt_row; done ;;
    loss) bash "$HERE/topo.sh" up --clients 1 --rtt 1 --loss 1; each 'kindling atftpd' loss_row ;;
    crowd) bash "$HERE/topo.sh" up --clients 1; each 'kindling dnsmasq' crowd_row ;;
    http | https) bash "$HERE/topo.sh" up --clients 1; each 'kindling nginx' web_row ;;
    dhcp) bash "$HERE/topo.sh" up --clients 1; each 'kindling kea' dhcp_row ;;
    start) bash "$HERE/topo.sh" up --clients 1; each 'kindling dnsmasq' start_row ;;
    boot)
      for server in kindling dnsmasq-nginx; do
        bash "$HERE/boot.sh" --server $server --runs "$rounds" --ra bios-ipxe bios-chain uefi-pxe uefi-http bios-proxy uefi-proxy
      done ;;
  esac
done

python3 - "$results" <<'PY'
import statistics, sys
runs = {}
for line in open(sys.argv[1]):
    measure, unit, server, value = line.rstrip("\n").split("\t")
    runs.setdefault((measure, unit), {}).setdefault(server, []).append(float(value))
def number(values):
    return "%.4g (%s)" % (statistics.median(values), " ".join("%.4g" % each for each in values))
print("| measure | unit | ours (each run) | peer (each run) | ratio |\n|---|---|---|---|---|")
for (measure, unit), servers in runs.items():
    ours = servers.pop("kindling", None)
    for peer, values in servers.items() or [("-", None)]:
        against = statistics.median(values) if values else 0
        ratio = "%.2f" % (statistics.median(ours) / against) if ours and against else "-"
        print("| %s | %s | %s | %s %s | %s |" % (measure, unit.lstrip("-") + (", less is better" if unit[0] == "-" else ""),
            number(ours) if ours else "-", peer, number(values) if values else "", ratio))
PY
