package dev.kindling.pxe.net;

import java.net.InetSocketAddress;

/**
 * A UDP datagram.
 *
 * @param peer where it came from or where it goes
 */
public record Datagram(byte[] payload, InetSocketAddress peer) {}
