package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import org.jspecify.annotations.Nullable;

/** What became of the bytes of a datagram. */
public sealed interface Decoded permits DhcpPacket, Decoded.Malformed {
    /**
     * Bytes that are no DHCP packet of ours to read.
     *
     * @param reason what is wrong and where, for people
     * @param mac the sender's hardware address, where the header was good enough to say it
     */
    record Malformed(String reason, @Nullable MacAddress mac) implements Decoded {}
}
