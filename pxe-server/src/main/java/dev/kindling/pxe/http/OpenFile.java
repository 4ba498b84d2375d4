package dev.kindling.pxe.http;

import io.netty.channel.DefaultFileRegion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A file that is open for as many as read it at this moment, as it was when it was opened. */
final class OpenFile {
    private final FileChannel channel;
    private final long size;
    private final FileTime modified;
    private final @Nullable Object key;
    private final Preconditions validators;
    /** Of those who read, and one more while the file is remembered. */
    private final AtomicInteger users = new AtomicInteger(1);
    /** By {@link System#nanoTime}; of {@link OpenFiles}. */
    long lastUsed;

    OpenFile(FileChannel channel, BasicFileAttributes attributes) {
        this.channel = channel;
        this.size = attributes.size();
        this.modified = attributes.lastModifiedTime();
        this.key = attributes.fileKey();
        Instant at = modified.toInstant();
        String tag = "\"" + Long.toHexString(size) + "-"
                + Long.toHexString(at.getEpochSecond() * 1_000_000_000 + at.getNano()) + "\"";
        this.validators = new Preconditions(tag, at.truncatedTo(ChronoUnit.SECONDS));
    }

    long size() {
        return size;
    }

    /** Milliseconds since 1970. */
    long modified() {
        return modified.toMillis();
    }

    Preconditions validators() {
        return validators;
    }

    /** Whether the file is still this one. */
    boolean matches(BasicFileAttributes attributes) {
        return size == attributes.size() && modified.equals(attributes.lastModifiedTime())
                && Objects.equals(key, attributes.fileKey());
    }

    /** False where it is closed already. */
    boolean retain() {
        int now;
        do {
            now = users.get();
            if (now == 0) {
                return false;
            }
        } while (!users.compareAndSet(now, now + 1));
        return true;
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            try {
                channel.close();
            } catch (IOException e) {
                // it was only read from: nothing is lost
            }
        }
    }

    /** Fills the buffer. */
    void read(long at, ByteBuffer to) throws IOException {
        long next = at;
        while (to.hasRemaining()) {
            int n = channel.read(to, next);
            if (n < 0) {
                throw new IOException("the file became shorter while it was sent");
            }
            next += n;
        }
    }

    /** A part that the kernel sends by itself. The caller is one of the users until it is sent. */
    Region region(long at, long length) {
        return new Region(channel, at, length);
    }

    /** Leaves the file open. */
    static final class Region extends DefaultFileRegion {
        Region(FileChannel channel, long at, long length) {
            super(channel, at, length);
        }

        @Override
        protected void deallocate() {
            // the file belongs to all who read it
        }
    }
}
