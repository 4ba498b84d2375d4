package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.PxeConfig.Link;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How a datagram came in.
 *
 * @param link the network that it arrived on
 * @param vlan id of the VLAN, where the interface of the link is a tagged one
 * @param from source address and port
 * @param service which of our ports it was sent to
 */
public record Arrival(Link link, @Nullable Integer vlan, InetSocketAddress from, Service service) {
    /** On an interface that is no VLAN. */
    public Arrival(Link link, InetSocketAddress from, Service service) {
        this(link, null, from, service);
    }

    /** A port of ours. */
    public enum Service {
        /** Port 67. */
        DHCP,
        /** Port 4011, where PXE firmware asks for its boot file (PXE 2.1 section 2.2.3). */
        BOOT_SERVER
    }
}
