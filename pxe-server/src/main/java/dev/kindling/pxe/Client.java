package dev.kindling.pxe;

import java.net.InetAddress;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A machine that asked by DHCP.
 *
 * @param mac hardware address (chaddr)
 * @param uuid option 97 (RFC 4578), where sent
 * @param firmware from option 93
 * @param agent who is asking
 * @param server address of ours on the link that the packet arrived on: the next-server, and the host of boot URLs
 * @param httpPort port of our HTTP service
 */
public record Client(MacAddress mac, @Nullable UUID uuid, Firmware firmware, Agent agent, InetAddress server,
        int httpPort) {}
