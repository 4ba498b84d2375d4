package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases on the disk: a text file that only grows, one line for each change, the last line of an address counts.
 *
 * <pre>
 * BOUND 10.77.0.11 52:54:00:4b:4c:01 2026-11-21T04:20:52Z 5d3a07c1
 * BOUND fd77:0:0:0:0:0:0:1000 52:54:00:4b:4c:01 2026-11-21T04:20:52Z 00030001525400aabbcc/7 5d3a07c1
 * </pre>
 *
 * An IPv6 address has its client's identifier besides. The last word is the CRC-32 of what stands before it, so that a
 * line torn by a crash is known and dropped. Opening writes the file anew with one line for each address, beside the
 * old one, and renames it.
 *
 * <p>
 * While it is open, blank lines stand behind the last one: room that is on the disk already. A sync of octets in there
 * writes them and no more; a file that becomes longer with each sync has the file system's journal written each time,
 * which takes longer, and now and then a hundred times as long. Closing cuts them off.
 */
public final class LeaseLog implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseLog.class);
    /** Lines that the file may hold before it is compacted: some megabytes, for a compaction makes the writer wait. */
    private static final int SLACK = 100_000;
    /** Room that is made at once: for about 15,000 lines. */
    private static final int ROOM = 1 << 20;
    private static final String BLANK = " ".repeat(63) + "\n";

    private final Path file;
    private final List<Lease> restored;
    private FileChannel channel;
    private long lines;
    /** The last write failed and may have left a part of a line. */
    private boolean torn;

    private LeaseLog(Path file, List<Lease> restored, FileChannel channel) {
        this.file = file;
        this.restored = restored;
        this.channel = channel;
        this.lines = restored.size();
    }

    /**
     * Reads and compacts the log, or begins one.
     *
     * @throws IOException if it cannot be read or written, or another process has it open
     */
    public static LeaseLog open(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        // the lock on the old file is held until the new one, locked too, stands in its place
        try (FileChannel old = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            lock(old, file);
            List<Lease> leases = read(file);
            return new LeaseLog(file, leases, replace(file, leases));
        }
    }

    /** The leases that were in it when it was opened, those run out included: a machine gets its old address again. */
    public List<Lease> restored() {
        return restored;
    }

    /**
     * Appends the changes and waits until they are on the disk.
     *
     * @param all gives all leases as they stand, for the compaction that becomes due from time to time
     */
    public void append(Collection<Lease> changes, Supplier<List<Lease>> all) throws IOException {
        if (changes.isEmpty()) {
            return;
        }
        // a blank line is skipped by the reader; it ends what a failed write, such as of a full disk, left behind
        boolean afterFailure = torn;
        torn = true;
        write(channel, changes, afterFailure ? "\n" : "");
        torn = false;
        lines += changes.size();
        List<Lease> standing = lines > SLACK ? all.get() : List.of();
        if (lines > SLACK && lines > SLACK + 4L * standing.size()) {
            FileChannel next = replace(file, standing);
            channel.close();
            channel = next;
            lines = standing.size();
        }
    }

    @Override
    public void close() throws IOException {
        try (FileChannel ended = channel) {
            ended.truncate(ended.position());
        }
    }

    private static FileChannel replace(Path file, Collection<Lease> leases) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".new");
        FileChannel channel = FileChannel.open(next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        try {
            lock(channel, next);
            write(channel, leases, "");
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(file);
            return channel;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static void lock(FileChannel channel, Path file) throws IOException {
        try {
            if (channel.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException e) {
            // this same process has it
        }
        throw new IOException(file + " is in use by another boot service: give each one its own lease file");
    }

    private static void write(FileChannel channel, Collection<Lease> leases, String before)
            throws IOException {
        var text = new StringBuilder(before);
        var line = new StringBuilder();
        // leases of one moment end in the same second
        Instant until = null;
        String end = "";
        for (Lease lease : leases) {
            end = lease.until().equals(until) ? end : lease.until().toString();
            until = lease.until();
            line.setLength(0);
            line.append(lease.state().name()).append(' ').append(lease.address().getHostAddress()).append(' ')
                    .append(lease.mac().value()).append(' ').append(end);
            if (!lease.client().isEmpty()) {
                line.append(' ').append(lease.client());
            }
            text.append(line).append(' ').append(checksum(line)).append('\n');
        }
        var bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.US_ASCII));
        if (channel.position() + bytes.remaining() >= channel.size()) {
            makeRoom(channel, bytes.remaining());
        }
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        channel.force(false);
    }

    private static void makeRoom(FileChannel channel, int octets) {
        try {
            long from = Math.max(channel.position() + octets, channel.size());
            var blanks = ByteBuffer.wrap(BLANK.repeat(ROOM / BLANK.length()).getBytes(StandardCharsets.US_ASCII));
            while (blanks.hasRemaining()) {
                channel.write(blanks, from + blanks.position());
            }
        } catch (IOException e) {
            // a disk that is nearly full may still take the leases themselves, each sync a little slower
            LOG.debug("no room is kept behind the leases: {}", e.getMessage());
        }
    }

    /** Makes the rename itself durable. */
    private static void syncDirectory(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            try (FileChannel handle = FileChannel.open(directory, StandardOpenOption.READ)) {
                handle.force(true);
            }
        }
    }

    private static List<Lease> read(Path file) throws IOException {
        Map<InetAddress, Lease> last = new LinkedHashMap<>();
        // ISO-8859-1 reads any garbage
        String[] lines = Files.readString(file, StandardCharsets.ISO_8859_1).split("\n", -1);
        // behind the last line end stands nothing, or what a crash left of a line: no ACK was sent for that
        for (int at = 0; at < lines.length - 1; at++) {
            Optional<Lease> lease = parse(lines[at]);
            lease.ifPresent(each -> last.put(each.address(), each));
            if (lease.isEmpty() && !lines[at].isBlank()) {
                LOG.warn("{}: line {} is damaged and left out", file, at + 1);
            }
        }
        // what a machine holds comes behind what it gave back, and so counts as what it had last
        return last.values().stream().sorted(Comparator.comparing(lease -> lease.state() == Lease.State.BOUND))
                .toList();
    }

    private static Optional<Lease> parse(String line) {
        String[] words = line.split(" ", -1);
        int client = words.length - 5;
        if (client < 0 || client > 1 || !words[4 + client].equals(checksum(line.substring(0, line.lastIndexOf(' '))))) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Lease(InetAddress.ofLiteral(words[1]), new MacAddress(words[2]),
                    client == 0 ? "" : words[4], Lease.State.valueOf(words[0]), Instant.parse(words[3])));
        } catch (IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }

    private static String checksum(CharSequence text) {
        var crc = new CRC32();
        crc.update(text.toString().getBytes(StandardCharsets.ISO_8859_1));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }
}
