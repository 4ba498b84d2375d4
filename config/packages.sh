# The Debian packages that Kindling's commands and tests need, and why. Sourced by kindling and check.

# Boot files are made from these: iPXE, GRUB, shim and a static busybox are never in the repository.
BOOT_PACKAGES="ipxe busybox-static grub-common grub-pc-bin grub-efi-amd64-bin grub-efi-amd64-signed shim-signed iproute2 util-linux e2fsprogs ca-certificates"
# The virtual rack's machines and their firmware.
RACK_PACKAGES="$BOOT_PACKAGES qemu-system-x86 ovmf ipxe-qemu"
# What real machines boot in the firmware matrix: firmware, and signed loaders and kernels of a distribution.
FIRMWARE_PACKAGES="qemu-system-arm qemu-efi-aarch64 debian-installer-12-netboot-amd64 debian-installer-12-netboot-arm64 dnsmasq-base isc-dhcp-server isc-dhcp-relay"
# The primer medium: its packages come by apt, its layers are squashed.
PRIMER_PACKAGES="$BOOT_PACKAGES squashfs-tools kmod"
# Programs that the tests compare with, or that stand at the other end.
TEST_PACKAGES="$RACK_PACKAGES $FIRMWARE_PACKAGES $PRIMER_PACKAGES swtpm isomd5sum genisoimage udftools python3-pycdlib qemu-utils fdisk p7zip-full file xfsprogs btrfs-progs isolinux syslinux-common libarchive-tools shim-helpers-amd64-signed xvfb xauth tmux isc-dhcp-client udhcpc kea-dhcp4-server postgresql-15 strace sudo libcap2-bin gnome-keyring libsecret-tools dbus ndisc6 atftp tftp-hpa curl wget mtools dosfstools gdisk cpio xz-utils zstd xorriso tshark systemd cloud-init openssl git graphviz shellcheck python3 fonts-dejavu-core libgtk-3-0 libgl1"

missing_packages() {
  local package
  for package in $1; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# install_packages "NAME ..." : returns 0 when all of them are there.
install_packages() {
  local missing how=()
  if ! command -v dpkg-query >/dev/null; then
    echo "kindling: this is no Debian; what is needed must be there already: $1" >&2
    return 0
  fi
  missing=$(missing_packages "$1" | tr '\n' ' ')
  [ -n "${missing// /}" ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then how=(sudo -n); else
      echo "kindling: these packages are missing, and I may not install them: $missing" >&2
      echo "kindling: run: sudo apt-get install --no-install-recommends $missing" >&2
      return 0
    fi
  fi
  echo "kindling: installing what is missing for network boot and tests: $missing" >&2
  if ! "${how[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
    "apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing" >&2 </dev/null; then
    echo "kindling: apt could not install all of them; going on without" >&2
  fi
}
