#!/bin/sh
# Called by busybox udhcpc with what the DHCP server said in the environment.
# shellcheck disable=SC2154
export PATH=/sbin:/bin
case "$1" in
bound | renew)
    if ! ip -o -f inet addr show dev "$interface" | grep -qF " $ip/$mask "; then
        ip -f inet addr flush dev "$interface"
        ip addr add "$ip/$mask" broadcast + dev "$interface"
    fi
    if [ -n "$router" ]; then
        # Several routers may be named; the first one is preferred (RFC 2132, 3.5).
        ip route replace default via "${router%% *}" dev "$interface" 2>/dev/null ||
            ip route add default via "${router%% *}" dev "$interface" 2>/dev/null
    fi
    mkdir -p /etc
    {
        [ -z "$domain" ] || echo "search $domain"
        for server in $dns; do
            echo "nameserver $server"
        done
    } >/etc/resolv.conf
    ;;
deconfig)
    ip link set "$interface" up
    ;;
esac
exit 0
