#!/bin/sh
# The stage: a small system that a machine boots over the network. It tells what the machine is made of, asks for its
# order, and installs. docs/machine-protocol.md is the contract. It keeps nothing and can be switched off at any time.
# shellcheck source=lib.sh
. /lib/kindling/lib.sh
. /lib/kindling/inventory.sh
. /lib/kindling/install.sh

main() {
    mount_basics
    read_command_line
    log "stage of $KINDLING_MAC, kernel $(uname -r)"
    load_drivers
    [ ! -d /sys/firmware/efi ] || mount -t efivarfs -o ro,nosuid,nodev,noexec efivarfs /sys/firmware/efi/efivars
    nic=$(wait_for_nic "$KINDLING_MAC") || restart_later "no network port has the address $KINDLING_MAC"
    for port in /sys/class/net/*; do
        [ ! -e "$port/device" ] || ip link set "${port##*/}" up
    done
    dhcp "$nic" ''
    log "address $(ip -o -f inet addr show dev "$nic" | awk '{print $4}') on $nic"
    progress installer ''
    inventory >/run/inventory
    post_surely inventory /run/inventory
    log "inventory sent: $(grep -c '^disk\..*\.device=' /run/inventory) disk(s), $(grep -c '^nic\..*\.name=' /run/inventory) network port(s)"
    while :; do
        follow_order
    done
}

read_command_line() {
    KINDLING_URL='' KINDLING_MAC='' KINDLING_TOKEN=''
    read -r words </proc/cmdline
    for word in $words; do
        case "$word" in
        kindling.url=*) KINDLING_URL=${word#*=} ;;
        kindling.mac=*) KINDLING_MAC=$(echo "${word#*=}" | tr '[:upper:]-' '[:lower:]:') ;;
        kindling.token=*) KINDLING_TOKEN=${word#*=} ;;
        esac
    done
    KINDLING_URL=${KINDLING_URL%/}
    if [ -z "$KINDLING_URL" ] || [ -z "$KINDLING_MAC" ] || [ -z "$KINDLING_TOKEN" ]; then
        restart_later "kindling.url, kindling.mac or kindling.token is missing on the kernel command line"
    fi
}

# Asks once, and does what is answered.
follow_order() {
    if ! get order >/run/order; then
        request_failed "cannot get the order"
        return
    fi
    refused=0
    action=$(value /run/order action)
    case "$action" in
    wait)
        retry=$(value /run/order retry)
        is_number "$retry" && [ "$retry" -ge 1 ] && [ "$retry" -le 300 ] || retry=5
        sleep "$retry"
        ;;
    install) install_order /run/order ;;
    boot-disk)
        log "restarting from the disk"
        leave reboot
        ;;
    poweroff)
        log "switching off"
        leave poweroff
        ;;
    *)
        log "unknown action '$action'"
        sleep 5
        ;;
    esac
}

leave() {
    sync
    umount /sys/firmware/efi/efivars 2>/dev/null
    "$1" -f
    sleep 3600
}

# A void token is replaced by booting once more: each boot script carries a new one.
on_refused() {
    restart_later "the boot service does not accept the token of this boot any more"
}

restart_later() {
    log "$1; restarting in 20 seconds"
    sleep 20
    leave reboot
}

main
