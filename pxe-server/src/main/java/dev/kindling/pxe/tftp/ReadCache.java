package dev.kindling.pxe.tftp;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.jspecify.annotations.Nullable;

/**
 * Pieces of files that were read last, so that a machine that takes one block at a time, or a rack of them that take
 * the same file, do not cost a system call for each block. Of fixed size; a piece has one place that it can be in. For
 * one thread.
 */
final class ReadCache {
    private static final int PIECE = 16 * 1024;
    /** 4 MiB altogether, taken as they are used. */
    private static final int PLACES = 256;

    private final @Nullable Place[] places = new @Nullable Place[PLACES];

    private static final class Place {
        final ByteBuffer octets = ByteBuffer.allocateDirect(PIECE);
        @Nullable
        FileChannel file;
        long piece;
    }

    /** Fills {@code to} from {@code offset} on; a file that ends before is an error. */
    void read(FileChannel file, long offset, ByteBuffer to) throws IOException {
        if (to.remaining() > PIECE) {
            fill(file, offset, to);
            return;
        }
        for (long at = offset; to.hasRemaining();) {
            ByteBuffer octets = piece(file, at / PIECE);
            int from = (int) (at % PIECE);
            int count = Math.min(to.remaining(), octets.limit() - from);
            if (count <= 0) {
                throw tooShort();
            }
            to.put(to.position(), octets, from, count).position(to.position() + count);
            at += count;
        }
    }

    @SuppressWarnings("ReferenceEquality") // the same open file, not one like it
    private ByteBuffer piece(FileChannel file, long piece) throws IOException {
        int where = Math.floorMod(System.identityHashCode(file) + (int) piece, PLACES);
        Place place = places[where];
        if (place == null) {
            place = new Place();
            places[where] = place;
        }
        if (place.file != file || place.piece != piece) {
            place.file = null;
            place.octets.clear();
            long at = piece * PIECE;
            for (int count = 0; count >= 0 && place.octets.hasRemaining();) {
                count = file.read(place.octets, at + place.octets.position());
            }
            place.octets.flip();
            place.piece = piece;
            place.file = file;
        }
        return place.octets;
    }

    private static void fill(FileChannel file, long offset, ByteBuffer to) throws IOException {
        for (long at = offset; to.hasRemaining();) {
            int count = file.read(to, at);
            if (count < 0) {
                throw tooShort();
            }
            at += count;
        }
    }

    private static EOFException tooShort() {
        return new EOFException("the file became shorter while it was sent");
    }
}
