package dev.kindling.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A port of the loopback address that no one else is given, whether or not something listens on it; whoever sets
 * SO_REUSEADDR, as servers do, may.
 */
public final class HeldPort implements AutoCloseable {
    private final Socket socket = new Socket();

    public HeldPort() throws IOException {
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    public int number() {
        return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
