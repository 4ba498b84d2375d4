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
        int length = (int) Math.min(Math.min(target.remaining(), SOME.length), size - position);
        target.put(SOME, 0, length);
        return length;
    }
}
