package dev.kindling.iso.edit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.kindling.iso.image.BadImageException;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Room for a configuration in an image: a file of a fixed size that is found by its directory record, never by
 * searching for a mark. 64 bytes of header (16 of magic, then little-endian: version, length, CRC-32 of the
 * configuration; zeros), then the configuration, then zeros. An empty one has the length 0, so that taking a
 * configuration out leaves the image byte for byte as it was made.
 */
public final class EmbedArea {
    /** Where it is in the tree of an image. */
    public static final String PATH = "kindling/config.area";
    /** Bytes in front of the configuration. */
    public static final int HEADER = 64;
    private static final byte[] MAGIC = "KINDLING CONFIG\n".getBytes(US_ASCII);
    private static final int VERSION = 1;

    private final long offset;
    private final int capacity;
    private final byte[] config;

    private EmbedArea(long offset, int capacity, byte[] config) {
        this.offset = offset;
        this.capacity = capacity;
        this.config = config;
    }

    /**
     * The content of the file that a builder puts at {@link #PATH}.
     *
     * @param capacity bytes of the largest configuration
     */
    public static byte[] empty(int capacity) {
        return encode(new byte[0], capacity);
    }

    private static byte[] encode(byte[] config, int capacity) {
        CRC32 crc = new CRC32();
        crc.update(config);
        ByteBuffer out = ByteBuffer.allocate(HEADER + capacity).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(VERSION).putInt(config.length).putInt((int) crc.getValue());
        return out.put(HEADER, config).array();
    }

    /** The area of an image, where it has one. */
    public static Optional<EmbedArea> of(IsoReader reader) throws IOException {
        Optional<IsoReader.Entry> entry = reader.find(PATH).filter(e -> e.kind() == IsoReader.Kind.FILE);
        if (entry.isEmpty()) {
            return Optional.empty();
        }
        long offset = entry.get().extents().isEmpty() ? 0 : entry.get().extents().getFirst().offset();
        if (entry.get().size() < HEADER || entry.get().size() > 1 << 30) {
            throw new BadImageException(PATH + " has " + entry.get().size() + " bytes", offset,
                    "64 bytes of header and the room behind it", "make the medium again");
        }
        byte[] config = read(reader.content(entry.get()), offset);
        return Optional.of(new EmbedArea(offset, (int) entry.get().size() - HEADER, config));
    }

    /**
     * The configuration in a file that was made by {@link #empty}: for the program on the medium.
     *
     * @param offset of the file, for the message
     */
    public static byte[] read(Content file, long offset) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
        file.readFully(0, in);
        byte[] magic = Arrays.copyOf(in.array(), MAGIC.length);
        int length = in.getInt(20);
        if (!Arrays.equals(magic, MAGIC) || in.getInt(16) != VERSION || length < 0 || length > file.size() - HEADER) {
            throw new BadImageException(PATH + " is no area for a configuration", offset,
                    "the words KINDLING CONFIG, version 1, and a length of at most " + (file.size() - HEADER),
                    "make the medium again");
        }
        byte[] config = new byte[length];
        file.readFully(HEADER, ByteBuffer.wrap(config));
        CRC32 crc = new CRC32();
        crc.update(config);
        if ((int) crc.getValue() != in.getInt(24)) {
            throw new BadImageException("the configuration in " + PATH + " is damaged", offset + HEADER,
                    "the checksum " + Integer.toHexString(in.getInt(24)), "embed it again");
        }
        return config;
    }

    public long offset() {
        return offset;
    }

    /** Bytes of the largest configuration. */
    public int capacity() {
        return capacity;
    }

    /** What is embedded; empty where nothing is. */
    public byte[] config() {
        return config.clone();
    }

    /**
     * What to write where.
     *
     * @throws IOException where the configuration does not fit (lesson 19); the message has both sizes
     */
    public Map<Long, byte[]> with(byte[] newConfig) throws IOException {
        if (newConfig.length > capacity) {
            throw new IOException(
                    "the configuration has " + newConfig.length + " bytes, the area in the image has room "
                            + "for " + capacity + ": make it smaller, or make the medium with a larger area");
        }
        // What is behind the longer one of the two is zero already.
        int touched = Math.max(newConfig.length, config.length);
        return Map.of(offset, Arrays.copyOf(encode(newConfig, capacity), HEADER + touched));
    }
}
