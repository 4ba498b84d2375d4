#!/bin/sh
# First program of the primer, live and installed alike. The system itself is in squashfs layers on the medium it was loaded
# from: this finds them, puts something writable on top (memory when live, the state volume when installed), and goes there.
# shellcheck source=lib.sh
. /lib/kindling/lib.sh

main() {
    mount_basics
    umask 022
    id='' state=''
    read -r words </proc/cmdline
    for word in $words; do
        case "$word" in
        kindling.primer=*) id=${word#*=} ;;
        kindling.state=*) state=${word#*=} ;;
        esac
    done
    is_word "$id" || stop "kindling.primer is missing on the kernel command line"
    log "primer $id, kernel $(uname -r)"
    load_drivers
    modprobe -a loop squashfs overlay isofs vfat nls_cp437 nls_ascii nls_utf8 2>/dev/null
    find_medium
    mount_layers
    if [ "$state" = disk ]; then
        open_state
        upper=/state/upper work=/state/work
        mkdir -p "$upper" "$work"
    else
        mkdir -p /memory
        mount -t tmpfs -o mode=0755,size=50% tmpfs /memory
        upper=/memory/upper work=/memory/work
        mkdir "$upper" "$work"
    fi
    mkdir -p /newroot
    mount -t overlay -o "lowerdir=$lower,upperdir=$upper,workdir=$work" overlay /newroot || stop "cannot mount the root"
    [ "$state" != disk ] || move_to /state var/lib/kindling/state
    move_to /medium medium
    describe >/run/kindling-boot
    for mount in proc sys dev run; do
        mkdir -p "/newroot/$mount"
        mount --move "/$mount" "/newroot/$mount"
    done
    exec switch_root /newroot /usr/lib/kindling/init
}

# Nothing helps but another medium: this one is shown long enough to be read.
stop() {
    log "FAILED: $1; restarting in 60 seconds"
    sleep 60
    reboot -f
}

# move_to MOUNT DIRECTORY - below the new root
move_to() {
    mkdir -p "/newroot/$2"
    mount --move "$1" "/newroot/$2"
}

# What the system wants to know of its start.
describe() {
    echo "primer=$id"
    echo "state=${state:-live}"
    echo "medium=$medium"
    echo "consoles=$consoles"
}

# The medium is told from others by its name. USB sticks and optical drives take seconds to appear.
find_medium() {
    mkdir -p /medium
    waited=0
    until try_media; do
        [ $((waited % 40)) -ne 39 ] || log "looking for the medium of primer $id"
        waited=$((waited + 1))
        [ "$waited" -lt 480 ] || stop "no disk, stick or optical drive holds primer $id"
        [ $((waited % 20)) -ne 0 ] || load_drivers
        sleep 0.25
    done
}

try_media() {
    for block in /sys/class/block/*; do
        name=${block##*/}
        case "$name" in loop* | ram* | dm-* | zram* | fd* | md*) continue ;; esac
        [ "$(line "$block/size")" != 0 ] || continue
        for type in iso9660 vfat; do
            mount -t "$type" -o ro,nosuid,nodev,noexec "/dev/$name" /medium 2>/dev/null || continue
            if [ -e "/medium/kindling/$id" ]; then
                medium=$name
                return 0
            fi
            umount /medium
        done
    done
    return 1
}

mount_layers() {
    lower=''
    while read -r layer; do
        mkdir -p "/layers/$layer"
        mount -t squashfs -o ro,nodev,loop "/medium/kindling/$layer" "/layers/$layer" ||
            stop "the layer $layer of this medium cannot be read"
        lower=/layers/$layer${lower:+:$lower}
    done </medium/kindling/layers
}

# --- the state volume of an installed primer ---------------------------------------------------------------------------

open_state() {
    parent=$(readlink -f "/sys/class/block/$medium/..")
    volume=''
    for candidate in "$parent/${parent##*/}"*; do
        if grep -qs '^PARTNAME=kindling-state$' "$candidate/uevent"; then
            volume=/dev/${candidate##*/}
        fi
    done
    [ -n "$volume" ] || stop "/dev/${parent##*/} has no partition kindling-state"
    mkdir -p /state /system
    # The programs for this are in the layers.
    mount -t overlay -o "lowerdir=$lower" overlay /system || stop "cannot mount the layers"
    for mount in proc sys dev run; do
        mount --bind "/$mount" "/system/$mount"
    done
    if [ "$(head -c 4 "$volume" | od -A n -t x1 | tr -d ' \n')" = 4c554b53 ]; then
        modprobe -a dm_mod dm_crypt tpm_tis tpm_crb xts algif_skcipher 2>/dev/null
        unlock
        volume=/dev/mapper/kindling-state
    fi
    chroot /system e2fsck -p "$volume" >/run/e2fsck 2>&1 || log "file system check: $(line /run/e2fsck)"
    mount -t ext4 -o nodev,noatime "$volume" /state || stop "cannot mount the state volume"
    for mount in proc sys dev run; do
        umount "/system/$mount"
    done
    umount /system
}

unlock() {
    for _ in $(seq 1 20); do
        [ ! -e /dev/tpmrm0 ] || break
        sleep 0.1
    done
    if [ -e /dev/tpmrm0 ] && chroot /system cryptsetup open --token-only "$volume" kindling-state </dev/null >/run/unlock 2>&1; then
        log "state volume unlocked by the TPM"
        return
    fi
    log "the TPM does not unlock the state volume: $(line /run/unlock)"
    # Asked at every console: nobody knows where the person sits.
    askers=''
    for console in $consoles; do
        ask "$console" &
        askers="$askers $!"
    done
    until [ -e /dev/mapper/kindling-state ]; do
        sleep 0.5
    done
    # shellcheck disable=SC2086 # one process id each
    kill $askers 2>/dev/null
    log "state volume unlocked by its recovery key"
}

# ask CONSOLE - until a key fits; a key is not shown
ask() {
    stty -F "$1" -echo 2>/dev/null
    until [ -e /dev/mapper/kindling-state ]; do
        printf '\r\nRecovery key of the state volume: ' >"$1"
        IFS= read -r key <"$1" || sleep 1
        printf '%s' "$key" | tr -d '\r -' | tr '[:upper:]' '[:lower:]' |
            chroot /system cryptsetup open --key-file - "$volume" kindling-state 2>/dev/null ||
            printf '\r\nThis key does not fit.' >"$1"
    done
    stty -F "$1" echo 2>/dev/null
}

main
