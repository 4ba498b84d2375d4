package dev.kindling.pxe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The directory that the machines of {@link FirmwareMatrixTest} boot from: loaders and kernels of Debian's packages as
 * they are, and a small system of the installer's busybox that reports by HTTP POST and switches itself off.
 */
final class BootTree {
    private static final Path INSTALLER = Path.of("/usr/lib/debian-installer/images/12");
    private static final String INIT = """
            #!/bin/busybox sh
            b=/bin/busybox
            $b mount -t proc proc /proc
            for module in virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci failover \\
                net_failover virtio_net e1000; do
              [ ! -f /$module.ko ] || $b insmod /$module.ko
            done
            for word in $($b cat /proc/cmdline); do
              case $word in report=*) server=${word#report=} ;; esac
            done
            $b ip link set eth0 up
            $b udhcpc -i eth0 -n -q -s /lease
            lock=$($b dmesg | $b grep -c 'locked down from EFI Secure Boot')
            body="$($b uname -m) runs, locked down: $lock"
            { $b printf 'POST /report HTTP/1.0\\r\\nContent-Length: %d\\r\\n\\r\\n%s' ${#body} "$body"; $b sleep 1; } \\
              | $b nc $server 80
            $b poweroff -f
            """;
    private static final String LEASE = """
            #!/bin/busybox sh
            [ "$1" != bound ] || {
              /bin/busybox ip address add "$ip/$mask" dev "$interface"
              [ -z "$router" ] || /bin/busybox ip route add default via "$router"
            }
            """;
    /** The serial port last: it is the one that init writes to. */
    static final String ARGUMENTS = " panic=-1 quiet report=10.77.0.1";

    private BootTree() {}

    /** Fills {@code root}. */
    static void make(Path root, Path scratch) throws IOException, InterruptedException {
        loader(root, "undionly.kpxe", "/usr/lib/ipxe/undionly.kpxe", "ipxe");
        loader(root, "snponly.efi", "/usr/lib/ipxe/snponly.efi", "ipxe");
        loader(root, "shimx64.efi", "/usr/lib/shim/shimx64.efi.signed", "shim-signed");
        loader(root, "mmx64.efi", "/usr/lib/shim/mmx64.efi.signed", "shim-helpers-amd64-signed");
        loader(root, "grubx64.efi", "/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed", "grub-efi-amd64-signed");
        Files.createDirectories(root.resolve("unsigned"));
        loader(root, "unsigned/shimx64.efi", "/usr/lib/shim/shimx64.efi.signed", "shim-signed");
        loader(root, "unsigned/grubx64.efi", "/usr/lib/ipxe/snponly.efi", "ipxe");
        unsignedGrub(root.resolve("own"));
        system(root, scratch, "amd64");
        system(root, scratch, "arm64");
        loader(root, "grubaa64.efi", installer("arm64") + "/grubaa64.efi", "debian-installer-12-netboot-arm64");
        Files.writeString(root.resolve("boot.ipxe"), """
                #!ipxe
                kernel http://${next-server}/amd64/linux initrd=initrd.gz console=ttyS0%s
                initrd http://${next-server}/amd64/initrd.gz
                boot
                """.formatted(ARGUMENTS));
        Files.writeString(root.resolve("hello.ipxe"), """
                #!ipxe
                imgfetch reached-by-${platform} && reboot || shell
                """);
        Files.writeString(root.resolve("reached-by-pcbios"), "the script ran\n");
        Files.writeString(root.resolve("reached-by-efi"), "the script ran\n");
        grub(root.resolve("grub"), "amd64", "ttyS0");
        grub(root.resolve("debian-installer/arm64/grub"), "arm64", "ttyAMA0");
    }

    /** A GRUB of its upstream's settings, without what Debian puts into its signed one. */
    private static void unsignedGrub(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        run("grub-efi-amd64-bin", directory, """
                grub-mkimage -O x86_64-efi -p /own -o grubx64.efi normal efinet tftp http linux reboot test echo
                """);
        Files.writeString(directory.resolve("grub.cfg-01-" + VirtualMachine.MAC.replace(':', '-')), "reboot\n");
        Files.writeString(directory.resolve("grub.cfg"), "echo this is not for the machine\n");
    }

    private static String installer(String architecture) {
        return INSTALLER + "/" + architecture + "/text/debian-installer/" + architecture;
    }

    private static void grub(Path directory, String architecture, String console) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("grub.cfg"), """
                set timeout=0
                linux /%s/linux console=%s%s
                initrd /%s/initrd.gz
                boot
                """.formatted(architecture, console, ARGUMENTS, architecture));
    }

    private static void loader(Path root, String name, String from, String debianPackage) throws IOException {
        if (!Files.isReadable(Path.of(from))) {
            throw new AssertionError(from + " is missing: apt-get install " + debianPackage);
        }
        Files.copy(Path.of(from), root.resolve(name));
    }

    private static void system(Path root, Path scratch, String architecture) throws IOException, InterruptedException {
        Path directory = Files.createDirectories(root.resolve(architecture));
        String debianPackage = "debian-installer-12-netboot-" + architecture;
        loader(directory, "linux", installer(architecture) + "/linux", debianPackage);
        Path tree = Files.createDirectories(scratch.resolve(architecture));
        Files.writeString(tree.resolve("init"), INIT);
        Files.writeString(tree.resolve("lease"), LEASE);
        run("cpio", tree, "zcat %s/initrd.gz | cpio -idm --quiet 'bin/busybox' '*/ld-linux-*' '*/libc.so.6' %s"
                .formatted(installer(architecture), String.join(" ", List.of("'*/virtio.ko'", "'*/virtio_ring.ko'",
                        "'*/virtio_pci*.ko'", "'*/failover.ko'", "'*/net_failover.ko'", "'*/virtio_net.ko'",
                        "'*/e1000.ko'"))));
        run("cpio", tree, """
                find lib -name '*.ko' -exec mv {} . ';'
                rm -rf lib/modules
                mkdir -p proc dev
                chmod +x init lease
                find . | cpio -o -H newc --quiet | gzip -1 > %s/initrd.gz
                """.formatted(directory));
    }

    private static void run(String debianPackage, Path directory, String script)
            throws IOException, InterruptedException {
        Tool tool = Tool.run(debianPackage, directory, "sh", "-c", "set -e\n" + script);
        if (tool.exit() != 0) {
            throw new AssertionError(script + "\nfailed: " + tool.output());
        }
    }
}
