# What this machine is made of, from /sys and /proc.
# shellcheck shell=dash

# inventory - key=value lines, as in docs/machine-protocol.md
inventory() {
    {
        echo "vendor=$(line /sys/class/dmi/id/sys_vendor)"
        echo "product=$(line /sys/class/dmi/id/product_name)"
        echo "uuid=$(line /sys/class/dmi/id/product_uuid | tr '[:upper:]' '[:lower:]')"
        echo "cpu.model=$(sed -n 's/^model name[[:blank:]]*: //p' /proc/cpuinfo | head -n 1)"
        echo "cpus=$(grep -c '^processor' /proc/cpuinfo)"
        echo "memory.mib=$(memory_mib)"
        if [ -d /sys/firmware/efi ]; then echo firmware=uefi; else echo firmware=bios; fi
        echo "secureboot=$(secure_boot)"
        echo "tpm=$(tpm_version)"
        number=0
        for disk in $(disks); do
            describe_disk "$disk" "disk.$number"
            number=$((number + 1))
        done
        number=0
        for port in /sys/class/net/*; do
            [ -e "$port/device" ] || continue
            describe_nic "$port" "nic.$number"
            number=$((number + 1))
        done
    } | tr -cd '\012\040-\176\200-\377'
}

# What is installed, not what the kernel left over: it counts in blocks of memory.
memory_mib() {
    block=$(line /sys/devices/system/memory/block_size_bytes)
    if [ -n "$block" ]; then
        set -- /sys/devices/system/memory/memory[0-9]*
        echo $((0x$block * $# / 1048576))
    else
        awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo
    fi
}

# The variable's first four bytes are attributes.
secure_boot() {
    variable=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
    if [ ! -d /sys/firmware/efi ]; then
        echo false
    elif [ ! -r "$variable" ]; then
        echo unknown
    elif [ "$(tail -c 1 "$variable" | od -A n -t u1 | tr -d ' ')" = 1 ]; then
        echo true
    else
        echo false
    fi
}

tpm_version() {
    case "$(line /sys/class/tpm/tpm0/tpm_version_major)" in
    2) echo 2.0 ;;
    1) echo 1.2 ;;
    *) [ -e /sys/class/tpm/tpm0 ] && echo 1.2 || echo none ;;
    esac
}

# disks - kernel names of real disks with a medium
disks() {
    for block in /sys/block/*; do
        case "${block##*/}" in
        loop* | ram* | zram* | dm-* | md* | sr* | fd* | nbd* | mtdblock* | mmcblk*boot* | mmcblk*rpmb) continue ;;
        esac
        [ "$(line "$block/size")" = 0 ] || echo "${block##*/}"
    done
}

describe_disk() {
    sys=/sys/block/$1
    echo "$2.device=$1"
    echo "$2.model=$(line "$sys/device/model")"
    echo "$2.serial=$(disk_serial "$1")"
    echo "$2.wwn=$(disk_wwn "$1")"
    echo "$2.bytes=$(disk_bytes "$1")"
    echo "$2.transport=$(disk_transport "$1")"
    echo "$2.rotational=$(line "$sys/queue/rotational")"
    echo "$2.removable=$(line "$sys/removable")"
    echo "$2.inuse=$(disk_in_use "$1")"
    echo "$2.content=$(disk_content "$1")"
    echo "$2.marker=$(disk_marker "$1" | sed -n 's/^KINDLING1 order=\([A-Za-z0-9._:+-]*\) .*/\1/p')"
}

# The kernel counts in units of 512 bytes, whatever the disk's own sectors are.
disk_bytes() {
    echo $(($(line "/sys/block/$1/size") * 512))
}

disk_serial() {
    sys=/sys/block/$1
    if [ -r "$sys/serial" ]; then # virtio
        line "$sys/serial"
    elif [ -r "$sys/device/serial" ]; then # NVMe, MMC
        line "$sys/device/serial"
    elif [ -r "$sys/device/vpd_pg80" ]; then # SCSI and ATA: four bytes of header, then text padded with blanks
        tail -c +5 "$sys/device/vpd_pg80" | tr -d '\000' | sed 's/^ *//; s/ *$//'
    else
        echo
    fi
}

disk_wwn() {
    if [ -r "/sys/block/$1/wwid" ]; then
        line "/sys/block/$1/wwid"
    else
        line "/sys/block/$1/device/wwid"
    fi
}

disk_transport() {
    case "$(readlink -f "/sys/block/$1")" in
    */usb[0-9]*) echo usb ;;
    */nvme/*) echo nvme ;;
    */ata[0-9]*) echo sata ;;
    */virtio[0-9]*) echo virtio ;;
    */mmc_host/*) echo mmc ;;
    */host[0-9]*) echo scsi ;;
    *) echo ;;
    esac
}

# disk_in_use NAME - by what; nothing when it is free
disk_in_use() {
    while read -r device where rest; do
        case "$device" in
        "/dev/$1" | "/dev/$1"[0-9]* | "/dev/$1"p[0-9]*)
            echo "mounted at $where"
            return
            ;;
        esac
    done </proc/mounts
    if grep -qE "^/dev/$1(p?[0-9]+)? " /proc/swaps; then
        echo "swap"
        return
    fi
    for holder in "/sys/block/$1/holders/"* "/sys/block/$1/$1"*/holders/*; do
        if [ -e "$holder" ]; then
            echo "member of ${holder##*/}"
            return
        fi
    done
}

# disk_content NAME - what is on it, in a few words
disk_content() {
    marker=$(disk_marker "$1")
    case "$marker" in
    'KINDLING1 order='*' machine='*)
        order=${marker#*order=}
        echo "Kindling install ${order%% *} of ${marker#*machine=}"
        return
        ;;
    esac
    head -c 4194304 "/dev/$1" >/run/head 2>/dev/null
    set -- "/sys/block/$1/$1"*
    if [ -e "$1" ]; then partitions=$#; else partitions=0; fi
    if [ "$(bytes_at 512 8)" = 4546492050415254 ]; then
        echo "GPT, $partitions partition(s)"
    elif [ "$(bytes_at 0 6)" = 4c554b53babe ]; then
        echo "LUKS container"
    elif [ "$(bytes_at 536 8)" = 4c564d3220303031 ]; then
        echo "LVM physical volume"
    elif [ "$(bytes_at 1080 2)" = 53ef ]; then
        echo "ext file system"
    elif [ "$(bytes_at 0 4)" = 58465342 ]; then
        echo "XFS file system"
    elif [ "$(bytes_at 65600 8)" = 5f42485266535f4d ]; then
        echo "Btrfs file system"
    elif [ "$(bytes_at 510 2)" = 55aa ]; then
        if [ "$partitions" -gt 0 ]; then echo "MBR, $partitions partition(s)"; else echo "boot sector"; fi
    elif [ -z "$(tr -d '\000' </run/head | head -c 1 | od -A n -t x1)" ]; then
        echo empty
    else
        echo "unknown data"
    fi
    rm -f /run/head
}

# bytes_at OFFSET COUNT - in hexadecimal, of the head that disk_content read
bytes_at() {
    od -A n -t x1 -j "$1" -N "$2" /run/head | tr -d ' \n'
}

# disk_marker NAME - text of the marker sector (LBA 40), nothing when there is none
disk_marker() {
    dd if="/dev/$1" bs=512 skip=40 count=1 2>/dev/null | tr -cd '\040-\176'
}

describe_nic() {
    name=${1##*/}
    speed=$(line "$1/speed")
    is_number "$speed" || speed=0
    echo "$2.name=$name"
    echo "$2.mac=$(line "$1/address")"
    if [ "$(line "$1/carrier")" = 1 ]; then echo "$2.link=1"; else echo "$2.link=0"; fi
    echo "$2.speed=$speed"
    driver=$(readlink "$1/device/driver")
    echo "$2.driver=${driver##*/}"
}
