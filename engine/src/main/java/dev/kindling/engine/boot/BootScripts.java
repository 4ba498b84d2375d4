package dev.kindling.engine.boot;

import dev.kindling.engine.model.Machine;
import org.jspecify.annotations.Nullable;

/** The iPXE scripts. Every line is shown on the machine's screen, so that who stands before it knows what happens. */
final class BootScripts {
    private BootScripts() {}

    /**
     * Boots the stage. The token is on the kernel's command line: only this machine can fetch this script.
     *
     * @param vlan of the network that it boots from, which iPXE is told as {@code ${vlan}} and the kernel as dracut
     *            reads it: a VLAN on top of the card with this hardware address; null: untagged
     */
    static String stage(Machine machine, @Nullable Integer vlan, String baseUrl, String token, String arguments) {
        String tag = vlan == null ? "" : " ifname=bootnet:" + machine.mac() + " vlan=vlan" + vlan + ":bootnet";
        return """
                #!ipxe
                %6$secho Kindling: %1$s (%2$s) boots the installer
                kernel %3$s/files/vmlinuz initrd=stage.img quiet panic=10 %5$s kindling.url=%3$s kindling.mac=%2$s kindling.token=%4$s || goto failed
                initrd --name stage.img %3$s/files/stage.img || goto failed
                boot || goto failed
                :failed
                echo Kindling: %1$s could not load the installer from %3$s; trying again in 5 seconds
                sleep 5
                chain %3$s/m/%2$s/boot.ipxe || goto failed
                """
                .formatted(machine.name(), machine.mac(), baseUrl, token, (arguments + tag).strip(),
                        vlan == null ? "" : "set vlan " + vlan + "\n");
    }

    /**
     * Boots the installed system. In BIOS the first disk is drive 0x80. UEFI firmware would try every other network
     * entry before it comes to the disk, and iPXE gives a loader on a disk the wrong device handle, so a GRUB that we
     * made looks for the system's partition by its label.
     */
    static String fromDisk(Machine machine, String baseUrl) {
        return """
                #!ipxe
                echo Kindling: %1$s boots from its disk
                iseq ${platform} efi && goto efi || goto bios
                :bios
                sanboot --no-describe --drive 0x80 || exit 1
                :efi
                chain %2$s/files/localboot.efi || exit 1
                """.formatted(machine.name(), baseUrl);
    }
}
