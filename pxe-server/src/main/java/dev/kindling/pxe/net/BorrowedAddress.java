package dev.kindling.pxe.net;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * An address that an interface of this host has for a while, so that this host can speak as the machine that it plays.
 * Needs CAP_NET_ADMIN and the program {@code ip}.
 */
public final class BorrowedAddress implements AutoCloseable {
    private final String device;
    private final String address;

    private BorrowedAddress(String device, String address) {
        this.device = device;
        this.address = address;
    }

    /**
     * Adds the address.
     *
     * @throws IOException if that fails, such as without the privilege, or where the interface has it already
     */
    public static BorrowedAddress add(String device, InetAddress address, int prefixLength) throws IOException {
        String text = address.getHostAddress() + "/" + prefixLength;
        ip("add", text, device);
        return new BorrowedAddress(device, text);
    }

    private static void ip(String what, String address, String device) throws IOException {
        Process process = new ProcessBuilder("ip", "address", what, address, "dev", device).redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("ip address %s %s dev %s: %s".formatted(what, address, device, said));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        ip("del", address, device);
    }
}
