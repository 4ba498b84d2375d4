#!/bin/sh
# First program of the installed system. Its only task is to leave the initramfs: containers need pivot_root, which the
# kernel refuses on the root that an initramfs has. The system stays in memory; what must survive is on the data partition.
# shellcheck source=lib.sh
. /lib/kindling/lib.sh

mount_basics
umask 022
mkdir /newroot
mount -t tmpfs -o mode=0755,size=50% tmpfs /newroot
for entry in /*; do
    case "$entry" in
    /newroot | /proc | /sys | /dev | /run | /init) ;;
    *) cp -a "$entry" /newroot/ ;;
    esac
done
for mount in proc sys dev run; do
    mkdir -p "/newroot/$mount"
    mount --move "/$mount" "/newroot/$mount"
done
exec switch_root /newroot /bin/init
