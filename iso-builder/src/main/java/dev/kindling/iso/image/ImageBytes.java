package dev.kindling.iso.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads of an image that nobody vouches for: each is within the image, or fails with what was to be read, and where.
 */
final class ImageBytes {
    private final Content image;

    ImageBytes(Content image) {
        this.image = image;
    }

    Content image() {
        return image;
    }

    long size() {
        return image.size();
    }

    boolean holds(long position, long length) {
        return position >= 0 && length >= 0 && length <= image.size() && position <= image.size() - length;
    }

    /** Little-endian bytes; the caller knows that the length is a sane one. */
    ByteBuffer read(long position, int length, String what) throws IOException {
        if (!holds(position, length)) {
            throw BadImageException.damaged(what + " lies outside of the image of " + image.size() + " bytes", position,
                    length + " bytes");
        }
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        image.readFully(position, buffer);
        return buffer.flip();
    }

    /** A part as content of its own. */
    Content slice(long position, long length, String what) throws BadImageException {
        if (!holds(position, length)) {
            throw BadImageException.damaged(what + " lies outside of the image of " + image.size() + " bytes", position,
                    length + " bytes");
        }
        return image.slice(position, length);
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(0, bytes);
        return bytes;
    }
}
