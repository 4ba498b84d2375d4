package dev.kindling.pxe.net;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Waits until an interface's IPv6 addresses can be used: the kernel first looks for a second or two whether another
 * host has them (RFC 4862 section 5.4), and nothing can be bound to them meanwhile.
 */
public final class UsableAddress {
    private static final Path TABLE = Path.of("/proc/net/if_inet6");
    /** {@code linux/if_addr.h}: IFA_F_DADFAILED and IFA_F_TENTATIVE. */
    private static final int DUPLICATE = 0x08;
    private static final int TENTATIVE = 0x40;
    private static final Duration PAUSE = Duration.ofMillis(100);

    private UsableAddress() {}

    /**
     * Waits for the interface's link-local address, from which DHCPv6 is answered, and for another one of it.
     *
     * @param patience how long
     * @param told a sentence, once, where it has to wait
     * @throws IOException if an address is missing, another host has it, or that time is over; the message says which,
     *             and what to do
     */
    public static void await(String device, InetAddress address, Duration patience, Consumer<String> told)
            throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        String obstacle = obstacle(Files.readAllLines(TABLE), device, address);
        if (obstacle != null) {
            told.accept(obstacle + ": waiting for it");
        }
        while (obstacle != null) {
            if (System.nanoTime() > end) {
                throw new IOException("%s after %d s. Is there a cable? ip -6 address show dev %s says more"
                        .formatted(obstacle, patience.toSeconds(), device));
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while " + obstacle);
            }
            obstacle = obstacle(Files.readAllLines(TABLE), device, address);
        }
    }

    /**
     * What is in the way, and goes by itself.
     *
     * @param table lines of {@code /proc/net/if_inet6}: address, index, prefix length, scope, flags, name
     * @return null: nothing
     * @throws IOException for what does not go by itself
     */
    static @Nullable String obstacle(List<String> table, String device, InetAddress address) throws IOException {
        String wanted = HexFormat.of().formatHex(address.getAddress());
        boolean found = false;
        boolean linkLocal = false;
        for (String line : table) {
            String[] words = line.strip().split(" +", -1);
            if (words.length < 6 || !words[5].equals(device)) {
                continue;
            }
            boolean local = words[0].startsWith("fe8");
            boolean own = words[0].equals(wanted);
            int flags = own || local ? Integer.parseInt(words[4], 16) : 0;
            String name = own ? address.getHostAddress() : "the link-local address";
            if ((flags & DUPLICATE) != 0) {
                throw new IOException("another host has %s of %s. Give the interface another one".formatted(name,
                        device));
            }
            if ((flags & TENTATIVE) != 0) {
                return "the kernel still looks whether another host has %s of %s".formatted(name, device);
            }
            found |= own;
            linkLocal |= local;
        }
        if (!found) {
            throw new IOException("%s does not have the address %s".formatted(device, address.getHostAddress()));
        }
        return linkLocal ? null : device + " has no IPv6 link-local address, which DHCPv6 needs,";
    }
}
