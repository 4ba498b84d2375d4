package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.image.Content;
import dev.kindling.pxe.BootFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * An image of the ISO builder as a file of the boot service: it does not exist as a file, and any part of it can be
 * fetched, as the virtual media of BMCs do in thousands of small requests.
 *
 * @param image what it is read from; its files must stay as they are
 * @param version the same for the same bytes only
 */
public record ServedImage(Content image, String version) {
    private static final int CHUNK = 1 << 16;

    /**
     * Names an image by what it is made of: every byte that is in no file, and name, size and time of each file.
     *
     * @throws IOException where it cannot be read
     */
    public static ServedImage of(Content image) throws IOException {
        MessageDigest digest = sha256();
        long at = 0;
        for (Content.FilePart part : image.fileParts(0, image.size(), 1)) {
            add(digest, image, at, part.at());
            digest.update("%s %d %d %d %d\n".formatted(part.file(), part.offset(), part.length(), part.fileSize(),
                    part.modified()).getBytes(UTF_8));
            at = part.at() + part.length();
        }
        add(digest, image, at, image.size());
        return new ServedImage(image, HexFormat.of().formatHex(digest.digest(), 0, 16));
    }

    private static void add(MessageDigest digest, Content image, long from, long to) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(to - from, CHUNK));
        for (long at = from; at < to; at += buffer.limit()) {
            buffer.clear().limit((int) Math.min(to - at, CHUNK));
            image.readFully(at, buffer);
            digest.update(buffer.flip());
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** For one transfer. */
    public BootFile bootFile() {
        return new BootFile.Generated(new Transfer(this), "application/octet-stream");
    }

    private record Transfer(ServedImage served) implements BootFile.Content {
        @Override
        public long size() {
            return served.image.size();
        }

        @Override
        public void read(long at, ByteBuffer to) throws IOException {
            long left = size() - at;
            int limit = to.limit();
            to.limit((int) Math.min(limit, to.position() + left));
            served.image.readFully(at, to);
            to.limit(limit);
        }

        @Override
        public String version() {
            return served.version;
        }

        @Override
        public List<BootFile.Stretch> stretches(long from, long length, long least) {
            return served.image.fileParts(from, length, least).stream()
                    .map(each -> new BootFile.Stretch(each.at(), each.length(), each.file(), each.offset(),
                            each.fileSize(), each.modified()))
                    .toList();
        }
    }
}
