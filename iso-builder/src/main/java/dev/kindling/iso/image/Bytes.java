package dev.kindling.iso.image;

import java.nio.ByteBuffer;

/** Content in memory. */
record Bytes(byte[] all) implements Content {
    @Override
    public long size() {
        return all.length;
    }

    @Override
    public int read(long position, ByteBuffer target) {
        if (position >= all.length) {
            return target.hasRemaining() ? -1 : 0;
        }
        int length = Math.min(target.remaining(), all.length - (int) position);
        target.put(all, (int) position, length);
        return length;
    }

    @Override
    public byte[] bytes() {
        return all.clone();
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public String toString() {
        return all.length + " bytes";
    }
}
