package dev.kindling.pxe.client;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A UDP socket behind a network that loses packets. An interrupt closes it and comes out as one. */
final class Wire implements DhcpWire {
    private static final long SHORTEST = Duration.ofMillis(1).toNanos();
    private final DatagramSocket socket;
    private final Loss loss;
    private final byte[] buffer;

    Wire(InetAddress local, int port, int largest, Loss loss) throws IOException {
        this.loss = loss;
        this.buffer = new byte[largest];
        this.socket = new DatagramSocket(new InetSocketAddress(local, port));
        socket.setBroadcast(true);
    }

    @Override
    public void send(ByteBuffer octets, InetSocketAddress to) throws IOException, InterruptedException {
        byte[] copy = new byte[octets.remaining()];
        octets.duplicate().get(copy);
        loss.travel();
        if (!loss.takes()) {
            try {
                socket.send(new DatagramPacket(copy, copy.length, to));
            } catch (SocketException e) {
                interrupted(e);
                // nobody listens yet, or no route: for firmware that is no answer, and it asks again
            }
        }
    }

    @Override
    public @Nullable Received receive(long deadline) throws IOException, InterruptedException {
        while (true) {
            long left = deadline - System.nanoTime();
            if (left < SHORTEST) {
                return null;
            }
            socket.setSoTimeout((int) Math.min(Integer.MAX_VALUE, left / 1_000_000));
            var packet = new DatagramPacket(buffer, buffer.length);
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException e) {
                return null;
            } catch (SocketException e) {
                interrupted(e);
                throw e;
            }
            if (!loss.takes()) {
                return new Received(ByteBuffer.wrap(buffer, 0, packet.getLength()).slice(),
                        (InetSocketAddress) packet.getSocketAddress());
            }
        }
    }

    private static void interrupted(SocketException e) throws InterruptedException {
        if (Thread.interrupted()) {
            var interrupt = new InterruptedException("stopped");
            interrupt.initCause(e);
            throw interrupt;
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
