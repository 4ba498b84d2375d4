package dev.kindling.iso.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Contents one after another: an image that does not exist as a file. The part at a place is found by bisection. */
final class Joined implements Content {
    private final Content[] parts;
    /** Where each part begins; behind them, where the last one ends. */
    private final long[] starts;

    private Joined(Content[] parts, long[] starts) {
        this.parts = parts;
        this.starts = starts;
    }

    static Content of(List<Content> all) {
        Content[] parts = all.stream().filter(part -> part.size() > 0).toArray(Content[]::new);
        long[] starts = new long[parts.length + 1];
        for (int i = 0; i < parts.length; i++) {
            starts[i + 1] = Math.addExact(starts[i], parts[i].size());
        }
        return parts.length == 1 ? parts[0] : new Joined(parts, starts);
    }

    @Override
    public long size() {
        return starts[parts.length];
    }

    private int partAt(long position) {
        int found = Arrays.binarySearch(starts, position);
        return found >= 0 ? found : -found - 2;
    }

    /** Fills the buffer over the borders of parts: a client that asks for a megabyte of small files gets it at once. */
    @Override
    public int read(long position, ByteBuffer target) throws IOException {
        if (position < 0) {
            throw new IllegalArgumentException("position " + position);
        }
        if (position >= size()) {
            return target.hasRemaining() ? -1 : 0;
        }
        int before = target.position();
        long at = position;
        for (int i = partAt(position); i < parts.length && target.hasRemaining();) {
            int length = parts[i].read(at - starts[i], target);
            if (length < 0) {
                throw new EOFException("a part of the image is shorter than it was");
            }
            at += length;
            if (at == starts[i + 1]) {
                i++;
            }
        }
        return target.position() - before;
    }

    @Override
    public void transferTo(long position, long count, WritableByteChannel target) throws IOException {
        if (position < 0 || count > size() - position) {
            throw new EOFException(count + " bytes at " + position + " are not within " + size() + " bytes");
        }
        long at = position;
        for (int i = partAt(position); at < position + count; i++) {
            long length = Math.min(starts[i + 1], position + count) - at;
            parts[i].transferTo(at - starts[i], length, target);
            at += length;
        }
    }

    @Override
    public List<FilePart> fileParts(long position, long count, long least) {
        List<FilePart> found = new ArrayList<>();
        long at = position;
        for (int i = partAt(position); at < position + count; i++) {
            long start = starts[i];
            long length = Math.min(starts[i + 1], position + count) - at;
            if (length >= least) {
                parts[i].fileParts(at - start, length, least).forEach(each -> found.add(each.moved(start)));
            }
            at += length;
        }
        return found;
    }
}
