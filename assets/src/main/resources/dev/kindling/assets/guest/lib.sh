# What the stage and the installed system have in common. Runs in busybox ash; read by init with ".".
# shellcheck shell=dash

export PATH=/sbin:/bin

# --- console -----------------------------------------------------------------------------------------------------------

# Every console that the kernel writes to, and the first serial port where there is one: machines without a screen.
find_consoles() {
    consoles=
    while read -r name rest; do
        consoles="$consoles /dev/$name"
    done </proc/consoles
    case "$consoles" in
    *ttyS0*) ;;
    *) grep -q '^0: uart:[^u]' /proc/tty/driver/serial 2>/dev/null && consoles="$consoles /dev/ttyS0" ;;
    esac
}

# log TEXT... - never called with a secret
log() {
    for console in $consoles; do
        printf 'kindling: %s\n' "$*" >"$console" 2>/dev/null
    done
    return 0
}

# --- small things ------------------------------------------------------------------------------------------------------

# value FILE KEY - the value of the first line KEY=..., nothing when there is none
value() {
    while IFS= read -r line || [ -n "$line" ]; do
        case "$line" in
        "$2="*)
            printf '%s\n' "${line#*=}"
            return 0
            ;;
        esac
    done <"$1"
    return 1
}

# line FILE - the first line without blanks around it, nothing when the file cannot be read
line() {
    text=
    { read -r text <"$1"; } 2>/dev/null
    printf '%s\n' "$text"
}

# is_number TEXT - decimal, without leading zero (the shell would take that for octal), below 10^18
is_number() {
    case "$1" in
    '' | *[!0-9]* | 0?* | ???????????????????*) return 1 ;;
    esac
}

# is_word TEXT - letters, digits and . _ : - + only, so that it can be shown and compared without surprises
is_word() {
    case "$1" in
    '' | *[!A-Za-z0-9._:+-]*) return 1 ;;
    esac
}

# is_alive FILE - whether the process whose id is in this file runs
is_alive() {
    pid=$(line "$1")
    is_number "$pid" && kill -0 "$pid" 2>/dev/null
}

# --- start -------------------------------------------------------------------------------------------------------------

mount_basics() {
    mkdir -p /proc /sys /dev /run /tmp
    mount -t proc -o nosuid,nodev,noexec proc /proc
    mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
    mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev
    mkdir -p /dev/pts
    mount -t devpts -o nosuid,noexec,gid=5,mode=620 devpts /dev/pts
    mount -t tmpfs -o nosuid,nodev,mode=0755 tmpfs /run
    [ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
    find_consoles
    # Everything that is made from here on belongs to root alone.
    umask 077
}

# Loads the drivers of all devices that are there. A driver can bring up a bus with further devices (virtio), hence the rounds.
load_drivers() {
    seen=
    for round in 1 2 3 4 5; do
        aliases=$(find /sys/devices -name modalias -exec cat {} + 2>/dev/null | sort -u)
        [ "$aliases" = "$seen" ] && return 0
        seen=$aliases
        # Unquoted: one argument for each alias, and they have no blanks.
        # shellcheck disable=SC2086
        set -f && modprobe -abq $aliases 2>/dev/null
        set +f
    done
    log "devices still appear after round $round"
}

# nic_of MAC - the name of the port with this address
nic_of() {
    for port in /sys/class/net/*; do
        if [ "$(line "$port/address")" = "$1" ] && [ -e "$port/device" ]; then
            printf '%s\n' "${port##*/}"
            return 0
        fi
    done
    return 1
}

# wait_for_nic MAC - like nic_of; drivers of real cards take a while
wait_for_nic() {
    for _ in $(seq 1 150); do
        nic_of "$1" && return 0
        sleep 0.2
    done
    return 1
}

# dhcp PORT HOSTNAME - returns with an address, however long that takes: a switch port with spanning tree forwards nothing
# for 30 to 50 seconds after the link came up, and the DHCP server may start later than the machine. Renews in the background.
dhcp() {
    ip link set "$1" up
    until udhcpc -i "$1" -n -t 6 -T 2 -S -s /lib/kindling/udhcpc.sh ${2:+-x "hostname:$2"} >/dev/null 2>&1; do
        log "no DHCP answer on $1 yet (link $(line "/sys/class/net/$1/carrier")), trying again"
        sleep 1
    done
}

# --- HTTP --------------------------------------------------------------------------------------------------------------

# Needs KINDLING_URL, KINDLING_MAC, KINDLING_TOKEN. http_error holds what went wrong with the last request.

# fetch URL - body to standard output. The token goes to our own boot service only.
fetch() {
    case "$1" in
    "$KINDLING_URL"/*) set -- "$1" --header "Authorization: Bearer $KINDLING_TOKEN" ;;
    esac
    url=$1
    shift
    wget -q -O - "$@" "$url" 2>/run/http-error
}

# get NAME - body of /m/{mac}/NAME
get() {
    timeout 60 wget -q -O - --header "Authorization: Bearer $KINDLING_TOKEN" \
        "$KINDLING_URL/m/$KINDLING_MAC/$1" 2>/run/http-error
}

# post NAME FILE - the answer is thrown away
post() {
    timeout 60 wget -q -O /dev/null --header "Authorization: Bearer $KINDLING_TOKEN" \
        --header 'Content-Type: text/plain; charset=utf-8' --post-file "$2" \
        "$KINDLING_URL/m/$KINDLING_MAC/$1" 2>/run/http-error
}

# Why the last request failed: "HTTP/1.1 403 Forbidden", "can't connect to remote host: Connection refused"
http_error() {
    error=$(line /run/http-error)
    error=${error#wget: }
    printf '%s\n' "${error#server returned error: }"
}

# Once for each failed request. 403 for a minute: the token is void; what to do then is up to on_refused.
refused=0
request_failed() {
    log "$1: $(http_error)"
    case "$(http_error)" in
    *' 403'*) refused=$((refused + 1)) ;;
    *) refused=0 ;;
    esac
    [ "$refused" -lt 20 ] || on_refused
    sleep 3
}

# post_surely NAME FILE - until it is taken
post_surely() {
    until post "$1" "$2"; do
        request_failed "cannot send $1"
    done
    refused=0
}

# progress STAGE [FRACTION] [KEY=VALUE...] - one try: the next one tells more
progress() {
    progress_lines "$@" >/run/progress
    post progress /run/progress || log "cannot send progress: $(http_error)"
}

# progress_surely STAGE [FRACTION] [KEY=VALUE...] - until it is taken
progress_surely() {
    progress_lines "$@" >/run/progress-surely
    post_surely progress /run/progress-surely
}

progress_lines() {
    echo "stage=$1"
    [ -z "$2" ] || echo "fraction=$2"
    shift 2
    for pair; do
        printf '%s\n' "$pair"
    done
}
