package dev.kindling.iso.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Contents one after another: an image that does not exist as a file. The part at a place is found by bisection. Each
 * begins at a multiple of a unit; what is between it and the end of the one before are zeros.
 */
final class Joined implements Content {
    private final Content[] parts;
    /** Where each part begins; behind them, where the last one ends. */
    private final long[] starts;

    private Joined(Content[] parts, long[] starts) {
        this.parts = parts;
        this.starts = starts;
    }

    static Content of(List<Content> all) {
        return of(all, 1);
    }

    /** @param unit bytes; the last part is filled up, too */
    static Content of(List<Content> all, int unit) {
        Content[] parts = all.stream().filter(part -> part.size() > 0).toArray(Content[]::new);
        long[] starts = new long[parts.length + 1];
        for (int i = 0; i < parts.length; i++) {
            starts[i + 1] = Math.addExact(starts[i], Math.multiplyExact(Math.ceilDiv(parts[i].size(), unit), unit));
        }
        return parts.length == 1 && parts[0].size() == starts[1] ? parts[0] : new Joined(parts, starts);
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
            int length = inPart(i, at) > 0
                    ? parts[i].read(at - starts[i], target)
                    : Zeros.put(starts[i + 1] - at, target);
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

    /** Bytes that a part has from a place on; not above 0 where zeros follow it. */
    private long inPart(int index, long at) {
        return starts[index] + parts[index].size() - at;
    }

    @Override
    public void transferTo(long position, long count, WritableByteChannel target) throws IOException {
        if (position < 0 || count > size() - position) {
            throw new EOFException(count + " bytes at " + position + " are not within " + size() + " bytes");
        }
        long at = position;
        for (int i = partAt(position); at < position + count; i++) {
            long end = Math.min(starts[i + 1], position + count);
            long length = Math.min(inPart(i, at), end - at);
            if (length > 0) {
                parts[i].transferTo(at - starts[i], length, target);
                at += length;
            }
            if (at < end) {
                Content.zeros(end - at).transferTo(0, end - at, target);
                at = end;
            }
        }
    }

    @Override
    public List<FilePart> fileParts(long position, long count, long least) {
        List<FilePart> found = new ArrayList<>();
        long at = position;
        for (int i = partAt(position); at < position + count; i++) {
            long start = starts[i];
            long end = Math.min(starts[i + 1], position + count);
            long length = Math.min(inPart(i, at), end - at);
            if (length >= least) {
                parts[i].fileParts(at - start, length, least).forEach(each -> found.add(each.moved(start)));
            }
            at = end;
        }
        return found;
    }
}
