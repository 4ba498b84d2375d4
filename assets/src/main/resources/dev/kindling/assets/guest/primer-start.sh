#!/bin/sh
# Once at the start: drivers, names, network.
# shellcheck source=lib.sh
. /usr/lib/kindling/lib.sh
# shellcheck source=primer-lib.sh
. /usr/lib/kindling/primer-lib.sh

find_consoles
dmesg -n 1
load_drivers
modprobe -a efivarfs tun 2>/dev/null
[ ! -d /sys/firmware/efi ] || mount -t efivarfs -o nosuid,nodev,noexec efivarfs /sys/firmware/efi/efivars 2>/dev/null
mkdir -p /dev/shm "$primer" "$KINDLING_CACHE"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /dev/shm
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs /tmp
ip link set lo up
name=$(value "$primer/settings" hostname 2>/dev/null)
hostname "${name:-primer}"
printf '127.0.0.1 localhost %s\n::1 localhost\n' "${name:-primer}" >/etc/hosts

for port in /sys/class/net/*; do
    [ ! -e "$port/device" ] || ip link set "${port##*/}" up
done
address=$(value "$primer/settings" network.address 2>/dev/null)
mac=$(value "$primer/settings" network.mac 2>/dev/null)
if [ -n "$mac" ]; then
    ports=$(wait_for_nic "$mac")
    vlan=$(value "$primer/settings" network.vlan)
    if [ -n "$ports" ] && [ -n "$vlan" ]; then
        modprobe 8021q
        ip link add link "$ports" name "$ports.$vlan" type vlan id "$vlan"
        ip link set "$ports.$vlan" up
        ports=$ports.$vlan
    fi
else
    ports=$(cd /sys/class/net && for port in *; do [ ! -e "$port/device" ] || echo "$port"; done)
fi
if [ -n "$address" ] && [ "$address" != dhcp ]; then
    port=${ports%%[[:space:]]*}
    ip addr replace "$address" dev "$port"
    gateway=$(value "$primer/settings" network.gateway)
    [ -z "$gateway" ] || ip route replace default via "$gateway" dev "$port"
    for server in $(value "$primer/settings" network.dns | tr ',' ' '); do
        echo "nameserver $server"
    done >/etc/resolv.conf
    log "$(hostname) has $address on $port"
else
    for port in $ports; do
        dhcp "$port" "$(hostname)" >/dev/null 2>&1 &
    done
fi
