package dev.kindling.pxe.net;

import dev.kindling.pxe.MacAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The kernel's table of IPv4 neighbours (ARP). */
public final class Neighbours {
    private static final int ADDRESS = 0;
    private static final int FLAGS = 2;
    private static final int HARDWARE = 3;
    /** ATF_COM: the neighbour has answered. */
    private static final String COMPLETE = "0x2";

    private Neighbours() {}

    /** The hardware address that the kernel has for the address; empty where it has none. */
    public static Optional<MacAddress> macOf(InetAddress address) {
        return macOf(address, Path.of("/proc/net/arp"));
    }

    static Optional<MacAddress> macOf(InetAddress address, Path table) {
        try (Stream<String> lines = Files.lines(table)) {
            return lines.map(line -> List.of(line.trim().split("\\s+", -1)))
                    .filter(words -> words.size() > HARDWARE && words.get(ADDRESS).equals(address.getHostAddress())
                            && words.get(FLAGS).equals(COMPLETE))
                    .map(words -> new MacAddress(words.get(HARDWARE))).findFirst();
        } catch (IOException | IllegalArgumentException e) {
            // no such table here, or a neighbour that is not on Ethernet
            return Optional.empty();
        }
    }
}
