# Writing a disk, and every reason not to.
# shellcheck shell=dash

chunk=8388608
small_piece=16777216

# install_order FILE - everything is checked before the first byte is written; see docs/machine-protocol.md
install_order() {
    order=$(value "$1" order)
    machine=$(value "$1" machine)
    wanted_bytes=$(value "$1" disk.bytes)
    marker_offset=$(value "$1" marker.offset)
    if ! problem=$(check_order "$1"); then
        give_up "$problem"
        return
    fi
    disk=$(find_disk "$1")
    if disk_marker "$disk" | grep -q "^KINDLING1 order=$order "; then
        log "/dev/$disk holds this installation already"
        progress_surely written 1 "order=$order" "text=was written before"
        sleep 1
        return
    fi
    for attempt in 1 2 3; do
        log "installing $machine on /dev/$disk ($(disk_bytes "$disk") bytes, attempt $attempt)"
        if write_disk "$1"; then
            log "disk written"
            progress_surely written 1 "order=$order" "text=/dev/$disk written and verified"
            return
        fi
        log "attempt $attempt failed: $problem"
        sleep 3
    done
    give_up "$problem"
}

# People may mend it (plug in the disk, change the definition): the order is asked for again after a while.
give_up() {
    log "FAILED: $1"
    progress_surely failed '' "order=$order" "text=$1"
    sleep 30
}

# check_order FILE - prints the first reason not to write
check_order() {
    is_word "$order" || { echo "the order has no usable id"; return 1; }
    is_word "$machine" || { echo "the order has no usable machine name"; return 1; }
    is_number "$wanted_bytes" || { echo "disk.bytes is no number"; return 1; }
    is_number "$marker_offset" || { echo "marker.offset is no number"; return 1; }
    [ $((marker_offset % 512)) -eq 0 ] || { echo "marker.offset is not on a sector"; return 1; }
    found=$(find_disk "$1")
    # Unquoted: kernel names have no blanks.
    # shellcheck disable=SC2086
    set -- "$1" $found
    case $# in
    1) echo "no disk has the $(disk_wanted "$1")"; return 1 ;;
    2) ;;
    *) echo "$(($# - 1)) disks have the $(disk_wanted "$1")"; return 1 ;;
    esac
    sys=/sys/block/$2
    bytes=$(disk_bytes "$2")
    [ "$bytes" = "$wanted_bytes" ] || { echo "/dev/$2 has $bytes bytes, the order says $wanted_bytes"; return 1; }
    [ "$(line "$sys/removable")" = 0 ] || { echo "/dev/$2 is removable"; return 1; }
    [ "$(line "$sys/ro")" = 0 ] || { echo "/dev/$2 is read-only"; return 1; }
    use=$(disk_in_use "$2")
    [ -z "$use" ] || { echo "/dev/$2 is in use: $use"; return 1; }
    sectors=$(line "$sys/queue/logical_block_size")
    [ "$sectors" = 512 ] || { echo "/dev/$2 has sectors of $sectors bytes, only 512 is supported"; return 1; }
    check_writes "$1"
}

check_writes() {
    n=0
    while value "$1" "write.$n.url" >/run/url; do
        read -r url </run/url
        offset=$(value "$1" "write.$n.offset")
        length=$(value "$1" "write.$n.bytes")
        hash=$(value "$1" "write.$n.sha256")
        case "$url" in http://?* | https://?*) ;; *) echo "write.$n.url is no http URL"; return 1 ;; esac
        is_number "$offset" || { echo "write.$n.offset is no number"; return 1; }
        is_number "$length" || { echo "write.$n.bytes is no number"; return 1; }
        [ "$length" -gt 0 ] || { echo "write.$n is empty"; return 1; }
        [ $(((offset | length) % 512)) -eq 0 ] || { echo "write.$n is not made of whole sectors"; return 1; }
        [ $((offset + length)) -le "$wanted_bytes" ] || { echo "write.$n goes beyond the end of the disk"; return 1; }
        [ $((offset + length)) -le "$marker_offset" ] || [ "$offset" -ge $((marker_offset + 512)) ] ||
            { echo "write.$n covers the marker"; return 1; }
        case "$hash" in *[!0-9a-f]*) hash= ;; esac
        [ ${#hash} -eq 64 ] || { echo "write.$n.sha256 is no SHA-256"; return 1; }
        n=$((n + 1))
    done
    [ "$n" -gt 0 ] || { echo "the order has no writes"; return 1; }
}

disk_wanted() {
    if value "$1" disk.serial >/dev/null; then
        echo "serial $(value "$1" disk.serial)"
    else
        echo "WWN $(value "$1" disk.wwn)"
    fi
}

# find_disk FILE - kernel names of all disks with the wanted serial or WWN; an empty one is never wanted
find_disk() {
    serial=$(value "$1" disk.serial)
    wwn=$(value "$1" disk.wwn)
    for candidate in $(disks); do
        if [ -n "$serial" ]; then
            [ "$(disk_serial "$candidate")" = "$serial" ] && echo "$candidate"
        elif [ -n "$wwn" ]; then
            [ "$(disk_wwn "$candidate")" = "$wwn" ] && echo "$candidate"
        fi
    done
}

# write_disk FILE - sets problem when it fails. The pieces of this machine are given out once and are small: they are fetched
# and checked before anything is written, and kept for another attempt.
write_disk() {
    mkdir -p /run/pieces
    total=0
    n=0
    while url=$(value "$1" "write.$n.url"); do
        length=$(value "$1" "write.$n.bytes")
        hash=$(value "$1" "write.$n.sha256")
        total=$((total + length))
        if [ "$length" -le "$small_piece" ] && [ "$(hash_of "/run/pieces/$n")" != "$hash" ]; then
            fetch "$url" >"/run/pieces/$n" || { problem="cannot fetch piece $n: $(http_error)"; return 1; }
            [ "$(hash_of "/run/pieces/$n")" = "$hash" ] ||
                { problem="piece $n arrived damaged: its SHA-256 is not the expected one"; return 1; }
        fi
        n=$((n + 1))
    done
    count=$n
    progress writing 0.000
    if ! dd if=/dev/zero of="/dev/$disk" bs=512 count=1 oflag=seek_bytes seek="$marker_offset" conv=notrunc,fsync 2>/dev/null; then
        problem="/dev/$disk cannot be written"
        return 1
    fi
    written=0
    n=0
    while [ "$n" -lt "$count" ]; do
        write_piece "$1" || return 1
        n=$((n + 1))
    done
    sync
    # Read back from the disk, not from memory.
    blockdev --flushbufs "/dev/$disk"
    echo 3 >/proc/sys/vm/drop_caches
    n=0
    while [ "$n" -lt "$count" ]; do
        found=$(dd if="/dev/$disk" bs=1M iflag=skip_bytes,count_bytes skip="$(value "$1" "write.$n.offset")" \
            count="$(value "$1" "write.$n.bytes")" 2>/dev/null | sha256sum)
        [ "${found%% *}" = "$(value "$1" "write.$n.sha256")" ] ||
            { problem="piece $n reads back differently from /dev/$disk"; return 1; }
        n=$((n + 1))
    done
    printf 'KINDLING1 order=%s machine=%s\n' "$order" "$machine" | dd bs=512 conv=sync 2>/dev/null |
        dd of="/dev/$disk" bs=512 count=1 oflag=seek_bytes seek="$marker_offset" conv=notrunc,fsync 2>/dev/null
    sync
    disk_marker "$disk" | grep -q "^KINDLING1 order=$order " || { problem="the marker cannot be read back"; return 1; }
    rm -rf /run/pieces
}

# write_piece FILE - piece n
write_piece() {
    url=$(value "$1" "write.$n.url")
    offset=$(value "$1" "write.$n.offset")
    length=$(value "$1" "write.$n.bytes")
    rm -f /run/stream-failed
    if [ -f "/run/pieces/$n" ]; then
        copy_in "$offset" "$length" <"/run/pieces/$n"
    else
        { fetch "$url" || touch /run/stream-failed; } | copy_in "$offset" "$length"
    fi || { problem="writing piece $n to /dev/$disk failed"; return 1; }
    [ ! -e /run/stream-failed ] || { problem="cannot fetch piece $n: $(http_error)"; return 1; }
    written=$((written + length))
}

# copy_in OFFSET LENGTH - standard input to the disk, telling how far it got
copy_in() {
    done=0
    while [ "$done" -lt "$2" ]; do
        part=$(($2 - done))
        [ "$part" -le "$chunk" ] || part=$chunk
        dd of="/dev/$disk" bs=64k count="$part" iflag=fullblock,count_bytes oflag=seek_bytes seek=$(($1 + done)) \
            conv=notrunc 2>/run/dd || return 1
        done=$((done + part))
        progress writing "$(fraction $((written + done)))"
        [ ! -e /run/stream-failed ] || return 1
    done
}

# fraction BYTES - of the whole, the last hundredth is for reading back
fraction() {
    printf '0.%03d' $(($1 * 990 / (total + 1)))
}

# hash_of FILE - nothing when it is not there
hash_of() {
    [ ! -f "$1" ] || sha256sum "$1" | cut -d ' ' -f 1
}
