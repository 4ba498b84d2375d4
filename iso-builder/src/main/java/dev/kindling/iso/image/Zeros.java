package dev.kindling.iso.image;

import java.nio.ByteBuffer;

/** Nothing but zeros. */
record Zeros(long size) implements Content {
    private static final byte[] SOME = new byte[1 << 16];

    Zeros {
        if (size < 0) {
            throw new IllegalArgumentException(size + " bytes");
        }
    }

    @Override
    public int read(long position, ByteBuffer target) {
        if (position >= size) {
            return target.hasRemaining() ? -1 : 0;
        }
        return put(size - position, target);
    }

    /** As many zeros as there are, as the buffer takes, and as are at hand. */
    static int put(long left, ByteBuffer target) {
        int length = (int) Math.min(Math.min(target.remaining(), SOME.length), left);
        target.put(SOME, 0, length);
        return length;
    }
}
