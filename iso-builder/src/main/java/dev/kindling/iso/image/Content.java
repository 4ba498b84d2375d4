package dev.kindling.iso.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/**
 * Bytes of a known number that can be read at any place, by many threads at once: the content of a file, a part of an
 * image, or a whole image that does not exist as a file. Nothing is held open between two calls unless an
 * implementation says so.
 */
public interface Content {
    /** Bytes. */
    long size();

    /**
     * Reads from a place into the buffer.
     *
     * @return the number of bytes, at least 1; -1 at the end; 0 only where the buffer is full
     * @throws IOException also where a source file is not the one any more that was measured
     */
    int read(long position, ByteBuffer target) throws IOException;

    /**
     * Writes a part to a channel; files are copied by the kernel where it can.
     *
     * @throws EOFException where there are fewer bytes than asked for
     */
    default void transferTo(long position, long count, WritableByteChannel target) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(Math.max(count, 1), 1 << 16));
        long at = position;
        for (long left = count; left > 0;) {
            buffer.clear().limit((int) Math.min(left, buffer.capacity()));
            int length = read(at, buffer);
            if (length < 0) {
                throw new EOFException("the content ends at byte " + at + ", " + left + " bytes too early");
            }
            buffer.flip();
            while (buffer.hasRemaining()) {
                target.write(buffer);
            }
            at += length;
            left -= length;
        }
    }

    /** Reads until the buffer is full. */
    default void readFully(long position, ByteBuffer target) throws IOException {
        long at = position;
        while (target.hasRemaining()) {
            int length = read(at, target);
            if (length < 0) {
                throw new EOFException(
                        "the content ends at byte " + at + ", " + target.remaining() + " bytes too early");
            }
            at += length;
        }
    }

    /**
     * A part of a content that is a part of a file.
     *
     * @param at place in the content
     * @param length bytes
     * @param file where they are
     * @param offset place in the file
     * @param fileSize bytes of the file when it was measured
     * @param modified time of its last change then, in milliseconds since 1970
     */
    record FilePart(long at, long length, Path file, long offset, long fileSize, long modified) {
        FilePart moved(long by) {
            return new FilePart(at + by, length, file, offset, fileSize, modified);
        }

        /** What lies between two places in the content. */
        FilePart within(long from, long to) {
            return new FilePart(from, to - from, file, offset + from - at, fileSize, modified);
        }
    }

    /**
     * What of a part stands in files as it is, in the order of places: whoever sends a content over a network may let
     * the system send these, and whoever writes one may share their blocks.
     *
     * @param least bytes; shorter ones are left out
     */
    default List<FilePart> fileParts(long position, long count, long least) {
        return List.of();
    }

    /** Everything, in memory; for small contents. */
    default byte[] bytes() throws IOException {
        byte[] bytes = new byte[Math.toIntExact(size())];
        readFully(0, ByteBuffer.wrap(bytes));
        return bytes;
    }

    /** A part of this content. A part of a part knows the whole, so that an editor finds what lies where. */
    default Content slice(long offset, long length) {
        return offset == 0 && length == size() ? this : new Slice(this, offset, length);
    }

    /** Bytes in memory. They must not change any more. */
    static Content of(byte[] bytes) {
        return new Bytes(bytes);
    }

    /** So many zeros. */
    static Content zeros(long size) {
        return new Zeros(size);
    }

    /** One after another, at most 2 to the power of 31 parts. */
    static Content join(List<Content> parts) {
        return Joined.of(parts);
    }

    /**
     * A regular file, measured now. A read fails when the file's size or time stamp is another by then.
     *
     * @throws IOException where there is no such file
     */
    static Content file(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new NoSuchFileException(path.toString(), null, "it is no regular file");
        }
        Path real = path.toAbsolutePath();
        Path name = real.getFileName();
        Path directory = real.getParent();
        if (name == null || directory == null) {
            throw new NoSuchFileException(path.toString(), null, "it is no regular file");
        }
        return new FileContent(directory, name.toString(), attributes.size(),
                attributes.lastModifiedTime().toMillis());
    }

    /**
     * A part of another content.
     *
     * @param whole never a slice itself
     */
    record Slice(Content whole, long offset, long size) implements Content {
        public Slice {
            if (whole instanceof Slice outer) {
                offset = Math.addExact(outer.offset, offset);
                whole = outer.whole;
            }
            if (offset < 0 || size < 0 || size > whole.size() - offset) {
                throw new IllegalArgumentException(
                        size + " bytes at " + offset + " are not within a content of " + whole.size() + " bytes");
            }
        }

        @Override
        public int read(long position, ByteBuffer target) throws IOException {
            long left = size - position;
            if (left <= 0) {
                return target.hasRemaining() ? -1 : 0;
            }
            int limit = target.limit();
            target.limit((int) Math.min(limit, target.position() + Math.min(left, Integer.MAX_VALUE / 2)));
            try {
                return whole.read(offset + position, target);
            } finally {
                target.limit(limit);
            }
        }

        @Override
        public void transferTo(long position, long count, WritableByteChannel target) throws IOException {
            if (position < 0 || count > size - position) {
                throw new EOFException(count + " bytes at " + position + " are not within " + size + " bytes");
            }
            whole.transferTo(offset + position, count, target);
        }

        @Override
        public List<FilePart> fileParts(long position, long count, long least) {
            return whole.fileParts(offset + position, count, least).stream().map(each -> each.moved(-offset)).toList();
        }
    }
}
