#!/bin/sh
# The installed system: finds what it is on its seed partition, and becomes a node. docs/machine-protocol.md is the
# contract. Every part can be run again: the machine may lose power at any moment, and comes back to the same state.
data=/var/lib/kindling
config=$data/config
# shellcheck source=lib.sh
. /lib/kindling/lib.sh
. /lib/kindling/inventory.sh
. /lib/kindling/stand-in.sh
. /lib/kindling/k3s.sh

main() {
    umask 077
    find_consoles
    if [ ! -e /run/set-up ]; then
        log "system, kernel $(uname -r)"
        load_drivers
    fi
    find_seed
    if [ ! -e /run/set-up ]; then
        set_names
        start_network
        touch /run/set-up
    fi
    open_data
    progress_surely system '' "text=$KINDLING_HOSTNAME runs"
    take_config
    log "joining as $(value "$config" role), Kubernetes $(value "$config" version)"
    progress_surely joining '' "text=$(value "$config" role) $(value "$config" node.name)"
    case "$(value "$config" mode) $(value "$config" role)" in
    'stand-in server') stand_in_server ;;
    'stand-in agent') stand_in_agent ;;
    'real server') k3s_server ;;
    'real agent') k3s_agent ;;
    *) stop "the install config has mode '$(value "$config" mode)' and role '$(value "$config" role)'" ;;
    esac
}

# stop TEXT - a failure that only people can mend; tells it again every now and then
stop() {
    log "FAILED: $1"
    progress_surely failed '' "text=$1"
    sleep 60
    exit 1
}

# --- who am I -----------------------------------------------------------------------------------------------------------

# The boot loader passes the order id of the disk that it was loaded from. Other disks may hold older installations.
find_seed() {
    order=$(sed -n 's/.*kindling\.order=\([A-Za-z0-9._:+-]*\).*/\1/p' /proc/cmdline)
    waited=0
    until [ -s /run/kindling.env ] || read_seeds; do
        [ $((waited % 15)) -ne 0 ] || log "looking for the seed partition of order '$order'"
        waited=$((waited + 1))
        sleep 1
    done
    for key in URL MAC TOKEN HOSTNAME ADDRESS GATEWAY DNS DOMAIN; do
        eval "KINDLING_$key=\$(value /run/kindling.env KINDLING_$key)"
    done
    seed_disk=$(line /run/seed-disk)
}

# Reads the seed of this installation into memory. Returns false when there is none (yet).
read_seeds() {
    mkdir -p /run/seed
    for partition in /sys/class/block/*; do
        grep -qs '^PARTNAME=kindling-seed$' "$partition/uevent" || continue
        if ! mount -t vfat -o ro,nosuid,nodev,noexec,umask=077 "/dev/${partition##*/}" /run/seed 2>/run/mount; then
            log "cannot mount ${partition##*/}: $(line /run/mount)"
            continue
        fi
        if is_ours /run/seed/kindling.env; then
            parent=$(readlink -f "$partition/..")
            echo "${parent##*/}" >/run/seed-disk
            cp /run/seed/kindling.env /run/kindling.env.new
        fi
        umount /run/seed
        if [ -s /run/kindling.env.new ]; then
            mv /run/kindling.env.new /run/kindling.env
            return 0
        fi
    done
    return 1
}

# is_ours FILE - a seed for this boot (where the boot loader named it) and for a port that this machine has
is_ours() {
    [ -s "$1" ] || return 1
    [ -z "$order" ] || [ "$(value "$1" KINDLING_ORDER)" = "$order" ] || return 1
    nic_of "$(value "$1" KINDLING_MAC)" >/dev/null
}

set_names() {
    hostname "$KINDLING_HOSTNAME"
    echo "$KINDLING_HOSTNAME" >/etc/hostname
    {
        echo "127.0.0.1 localhost"
        echo "::1 localhost"
        [ -z "$KINDLING_ADDRESS" ] || echo "${KINDLING_ADDRESS%/*} $KINDLING_HOSTNAME"
    } >/etc/hosts
    chmod 0644 /etc/hostname /etc/hosts
}

start_network() {
    ip link set lo up
    nic=$(wait_for_nic "$KINDLING_MAC")
    if [ -z "$KINDLING_ADDRESS" ]; then
        dhcp "$nic" "$KINDLING_HOSTNAME"
    else
        ip link set "$nic" up
        ip addr replace "$KINDLING_ADDRESS" dev "$nic" 2>/dev/null || ip addr add "$KINDLING_ADDRESS" dev "$nic"
        if [ -n "$KINDLING_GATEWAY" ]; then
            ip route add default via "$KINDLING_GATEWAY" dev "$nic"
        fi
        {
            [ -z "$KINDLING_DOMAIN" ] || echo "search $KINDLING_DOMAIN"
            for server in $KINDLING_DNS; do
                echo "nameserver $server"
            done
        } >/etc/resolv.conf
        chmod 0644 /etc/resolv.conf
    fi
    log "$KINDLING_HOSTNAME has $(ip -o -f inet addr show dev "$nic" | awk '{ print $4 }') on $nic"
}

# --- what must survive ---------------------------------------------------------------------------------------------------

# The data partition of our own disk. It is formatted once: the installer left its start empty.
open_data() {
    mkdir -p "$data"
    grep -q " $data " /proc/mounts && return
    partition=
    for candidate in "/sys/block/$seed_disk/$seed_disk"*; do
        if grep -qs '^PARTNAME=kindling-data$' "$candidate/uevent"; then
            partition=/dev/${candidate##*/}
        fi
    done
    [ -n "$partition" ] || stop "/dev/$seed_disk has no data partition"
    if [ -z "$(head -c 65536 "$partition" | tr -d '\000' | head -c 1 | od -A n -t x1)" ]; then
        log "formatting $partition"
        /sbin/mke2fs -q -F -t ext4 -m 1 -L kindling-data "$partition" >/run/mke2fs 2>&1 ||
            stop "cannot format $partition: $(line /run/mke2fs)"
    fi
    mount -t ext4 -o nodev,noatime "$partition" "$data" 2>/run/mount ||
        stop "cannot mount $partition: $(line /run/mount)"
}

# take_file FILE - standard input becomes FILE as a whole or not at all, whenever the power fails
take_file() {
    cat >"$1.new" && sync && mv "$1.new" "$1" && sync
}

# Asked for once: the answer holds secrets and is kept on the data partition.
take_config() {
    while [ ! -s "$config" ]; do
        if ! get config >/run/config; then
            request_failed "cannot get the install config"
            continue
        fi
        refused=0
        if value /run/config mode >/dev/null; then
            take_file "$config" </run/config
            rm /run/config
        else
            retry=$(value /run/config retry)
            is_number "$retry" && [ "$retry" -ge 1 ] && [ "$retry" -le 60 ] || retry=5
            sleep "$retry"
        fi
    done
}

# The token of an installed system stays valid until the disk is written anew: all that helps is to ask again, less often.
on_refused() {
    sleep 20
}

main
