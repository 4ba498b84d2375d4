package dev.kindling.pxe;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** What a {@link BootSource} decides for a {@link Client}. */
public sealed interface Answer {
    /** No answer at all. The reason goes into {@link PxeEvent.Ignored}. */
    record Ignore(String reason) implements Answer {}

    /**
     * An address, and a boot file where the client is a boot agent.
     *
     * @param address the machine's reserved address; null: any from the pool
     * @param hostName option 12; null: none
     * @param bootFile path below the TFTP root for PXE firmware ("snponly.efi"), absolute URL for iPXE and UEFI HTTP
     *            Boot; null: an address only
     * @param menu shown by PXE firmware before it boots; null: none. Then {@code bootFile} is what it fetches when it
     *            cannot show one
     */
    record Lease(@Nullable InetAddress address, @Nullable String hostName, @Nullable String bootFile,
            @Nullable PxeMenu menu) implements Answer {
        /** Without a menu. */
        public Lease(@Nullable InetAddress address, @Nullable String hostName, @Nullable String bootFile) {
            this(address, hostName, bootFile, null);
        }
    }
}
