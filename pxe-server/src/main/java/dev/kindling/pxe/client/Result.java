package dev.kindling.pxe.client;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How a boot ended. */
public sealed interface Result {
    /** What was fetched to be started: an operating system's kernel, or another program. */
    record Kernel(Image kernel, List<Image> initrds, Lease lease) implements Result {
        public Kernel {
            initrds = List.copyOf(initrds);
        }

        /** The value of {@code name=value} on the kernel's command line; the last one counts. */
        public Optional<String> argument(String name) {
            var word = Pattern.compile("(?:^|\\s)" + Pattern.quote(name) + "=(\\S*)").matcher(kernel.arguments());
            String found = null;
            while (word.find()) {
                found = word.group(1);
            }
            return Optional.ofNullable(found);
        }

        @Override
        public String toString() {
            return "Kernel[" + kernel + ", initrds=" + initrds + ", " + lease + "]";
        }
    }

    /** The machine goes on with its disk. */
    record LocalDisk(String reason, Lease lease) implements Result {}

    /** It did not boot. {@code step} names where: {@code dhcp}, {@code tftp}, {@code ipxe}. */
    record Failed(String step, String reason) implements Result {}

    /**
     * A file that was fetched, counted and dropped.
     *
     * @param name as iPXE calls it
     * @param url where it came from
     * @param bytes its size
     * @param arguments the rest of the line
     */
    record Image(String name, String url, long bytes, String arguments) {
        /** Without the arguments: a token may stand in them. */
        @Override
        public String toString() {
            return "%s (%s, %d octets)".formatted(name, url, bytes);
        }
    }

    /**
     * What DHCP said.
     *
     * @param address ours
     * @param nextServer who has the boot file
     * @param bootFile path or URL; null: none was named
     * @param hostName option 12
     */
    record Lease(InetAddress address, InetAddress nextServer, @Nullable String bootFile,
            @Nullable String hostName) {}
}
