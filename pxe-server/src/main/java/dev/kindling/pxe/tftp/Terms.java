package dev.kindling.pxe.tftp;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a read request and we agreed on.
 *
 * @param blockSize octets of a full block
 * @param window blocks before an acknowledgement is due (RFC 7440); 1 is plain RFC 1350
 * @param timeout asked by the client (RFC 2349); null: none
 * @param askedBlockSize as asked; 0: not asked
 * @param askedSize true if the client wanted to know the size
 * @param mtu of the way to the client, as far as we know it
 * @param acknowledged options of the OACK, a subset of those asked, in their order; empty: no OACK
 */
record Terms(int blockSize, int window, @Nullable Duration timeout, int askedBlockSize, boolean askedSize, int mtu,
        SequencedMap<String, String> acknowledged) {
    /** Without options. */
    static final int DEFAULT_BLOCK = 512;
    /** Headers of UDP (8) and TFTP (4), and of IPv4 or IPv6. */
    private static final int OVERHEAD = 12;
    private static final int IPV4_HEADER = 20;
    static final int IPV4_OVERHEAD = IPV4_HEADER + OVERHEAD;
    private static final int IPV6_HEADER = 40;
    private static final int SMALLEST_BLOCK = 8;
    private static final int GREATEST_BLOCK = 65_464;
    /** A window of jumbo blocks must still fit into the receive buffer of an ordinary socket. */
    private static final int MAX_WINDOW_OCTETS = 128 * 1024;

    /**
     * What we grant at most.
     *
     * @param mtu of our interface
     * @param ipv6 whether the longer header has to fit
     * @param block octets: of the configuration, or less where this client once did not answer to more
     * @param window blocks
     */
    record Limits(int mtu, boolean ipv6, int block, int window) {
        /** The greatest block that travels in one piece. */
        int wholeBlock() {
            int headers = OVERHEAD + (ipv6 ? IPV6_HEADER : IPV4_HEADER);
            return Math.clamp(Math.min(mtu - headers, block), SMALLEST_BLOCK, GREATEST_BLOCK);
        }
    }

    /**
     * Only what was asked is acknowledged (some clients abort on more); a value out of its range is as if it was not
     * asked.
     */
    static Terms of(TftpPacket.Request request, long size, Limits limits) {
        int block = DEFAULT_BLOCK;
        int window = 1;
        int asked = 0;
        boolean askedSize = false;
        Duration timeout = null;
        var acknowledged = new LinkedHashMap<String, String>();
        for (var option : request.options().entrySet()) {
            long value = number(option.getValue());
            switch (option.getKey()) {
                case "blksize" -> {
                    if (value >= SMALLEST_BLOCK) {
                        asked = (int) Math.min(value, 65_535);
                        block = Math.min(asked, limits.wholeBlock());
                        acknowledged.put("blksize", Integer.toString(block));
                    }
                }
                case "windowsize" -> {
                    if (value >= 1) {
                        window = (int) Math.min(value, limits.window());
                        acknowledged.put("windowsize", "");
                    }
                }
                case "timeout" -> {
                    if (value >= 1 && value <= 255) {
                        timeout = Duration.ofSeconds(value);
                        acknowledged.put("timeout", Long.toString(value));
                    }
                }
                case "tsize" -> {
                    if (value >= 0) {
                        askedSize = true;
                        acknowledged.put("tsize", Long.toString(size));
                    }
                }
                default -> {
                    // RFC 2347: unknown options are left out of the OACK
                }
            }
        }
        window = Math.min(window, Math.max(1, MAX_WINDOW_OCTETS / block));
        acknowledged.replace("windowsize", Integer.toString(window));
        return new Terms(block, window, timeout, asked, askedSize, limits.mtu(), acknowledged);
    }

    /** The next block size to try where the first block of this size got no answer. */
    static int smallerThan(int blockSize) {
        return blockSize > 1428 ? 1428 : blockSize > 1024 ? 1024 : DEFAULT_BLOCK;
    }

    /** A decimal number without a sign; -1 for anything else. */
    private static long number(String text) {
        boolean digits = !text.isEmpty() && text.length() <= 18 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return digits ? Long.parseLong(text) : -1;
    }
}
