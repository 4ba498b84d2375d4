package dev.kindling.pxe.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What carries a machine's DHCP messages. */
interface DhcpWire extends AutoCloseable {
    /** A datagram that came in; its octets are valid until the next one. */
    record Received(ByteBuffer octets, InetSocketAddress from) {}

    void send(ByteBuffer octets, InetSocketAddress to) throws IOException, InterruptedException;

    /** The next datagram; null when {@code deadline} (of {@link System#nanoTime()}) has passed. */
    @Nullable
    Received receive(long deadline) throws IOException, InterruptedException;

    @Override
    void close() throws IOException;
}
