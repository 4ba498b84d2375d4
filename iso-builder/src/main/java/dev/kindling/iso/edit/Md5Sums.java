package dev.kindling.iso.edit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The checksums that media carry: Debian's and Ubuntu's list of files, md5sum.txt, and the sum of the whole image that
 * Fedora's and Red Hat's media check at boot (isomd5sum), which is in the primary volume descriptor's application
 * field.
 */
public final class Md5Sums {
    private static final int DESCRIPTOR = 16 * 2048;
    private static final int FIELD = DESCRIPTOR + 883;
    private static final int FIELD_BYTES = 512;
    /** Sectors at the end that are not summed: drives fail to read them. */
    private static final int SKIPPED_SECTORS = 15;
    private static final Pattern IMPLANTED = Pattern
            .compile("ISO MD5SUM = ([0-9a-f]{32}).*?SKIPSECTORS = *(\\d+)", Pattern.DOTALL);

    private Md5Sums() {}

    /** The list anew, where the image has one; nothing where it has none. */
    public static Optional<String> updated(IsoReader reader, Map<String, Optional<Content>> changed)
            throws IOException {
        Optional<String> list = reader.text("md5sum.txt");
        if (list.isEmpty() || changed.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Optional<Content>> left = new TreeMap<>(changed);
        left.remove("md5sum.txt");
        StringBuilder out = new StringBuilder();
        for (String line : list.get().lines().toList()) {
            Matcher entry = SUM.matcher(line);
            String path = entry.matches() ? path(entry) : "";
            Optional<Content> content = left.get(path);
            if (content == null) {
                out.append(line).append('\n');
            } else if (content.isPresent()) {
                out.append(digest(content.get())).append("  ./").append(path).append('\n');
                left.remove(path);
            }
        }
        for (Map.Entry<String, Optional<Content>> each : left.entrySet()) {
            if (each.getValue().isPresent() && !each.getKey().endsWith("isolinux.bin")) {
                out.append(digest(each.getValue().get())).append("  ./").append(each.getKey()).append('\n');
            }
        }
        return Optional.of(out.toString());
    }

    private static final Pattern SUM = Pattern.compile("([0-9a-f]{32}|[0-9a-f]{64})[ *]+(?:\\./)?(.+)");

    private static String path(Matcher entry) {
        return entry.group(2);
    }

    /** The entries of a list of checksums of either kind: sum by path. */
    public static Map<String, String> entries(String list) {
        Map<String, String> sums = new TreeMap<>();
        for (String line : list.lines().toList()) {
            Matcher entry = SUM.matcher(line);
            if (entry.matches()) {
                sums.put(path(entry), entry.group(1));
            }
        }
        return sums;
    }

    static String digest(Content content) throws IOException {
        return digest(content, "MD5");
    }

    /** In hexadecimal digits. */
    public static String digest(Content content, String algorithm) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
            for (long at = 0; at < content.size(); at += buffer.limit()) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), content.size() - at));
                content.readFully(at, buffer);
                digest.update(buffer.flip());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has MD5 and SHA-256", e);
        }
    }

    /** A content with bytes changed at places; the changes do not overlap. */
    public static Content overlaid(Content content, Map<Long, byte[]> changes) {
        List<Content> parts = new ArrayList<>();
        long at = 0;
        for (Map.Entry<Long, byte[]> each : new TreeMap<>(changes).entrySet()) {
            if (each.getKey() < at || each.getKey() + each.getValue().length > content.size()) {
                continue;
            }
            parts.add(content.slice(at, each.getKey() - at));
            parts.add(Content.of(each.getValue()));
            at = each.getKey() + each.getValue().length;
        }
        parts.add(content.slice(at, content.size() - at));
        return Content.join(parts);
    }

    /** What isomd5sum put into the image. */
    public record Implanted(String md5, long skippedSectors) {}

    /** The sum that the image carries. */
    public static Optional<Implanted> implanted(IsoReader reader) throws IOException {
        Matcher found = IMPLANTED.matcher(field(reader.content()));
        return found.find()
                ? Optional.of(new Implanted(found.group(1), Long.parseLong(found.group(2))))
                : Optional.empty();
    }

    /** There is such a sum. */
    public static boolean hasImplanted(IsoReader reader) throws IOException {
        return implanted(reader).isPresent();
    }

    private static String field(Content image) throws IOException {
        byte[] field = new byte[FIELD_BYTES];
        image.readFully(FIELD, ByteBuffer.wrap(field));
        return new String(field, ISO_8859_1);
    }

    /** Whether the image is what its sum says; reads all of it. */
    public static boolean matches(IsoReader reader, Implanted implanted) throws IOException {
        long summed = volumeBytes(reader.content()) - implanted.skippedSectors() * 2048;
        return summed > FIELD && summed <= reader.content().size()
                && digest(blank(reader.content()).slice(0, summed)).equals(implanted.md5());
    }

    private static long volumeBytes(Content image) throws IOException {
        ByteBuffer size = ByteBuffer.allocate(4).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        image.readFully(DESCRIPTOR + 80, size);
        return (size.getInt(0) & 0xFFFF_FFFFL) * 2048;
    }

    private static Content blank(Content image) {
        byte[] blank = new byte[FIELD_BYTES];
        Arrays.fill(blank, (byte) ' ');
        return overlaid(image, Map.of((long) FIELD, blank));
    }

    /**
     * The image with the sum of itself; reads all of it. Without sums of fragments, and saying so: their places depend
     * on the program.
     */
    public static Content implanted(Content image) throws IOException {
        long summed = volumeBytes(image) - SKIPPED_SECTORS * 2048L;
        String text = "ISO MD5SUM = " + digest(blank(image).slice(0, summed)) + ";SKIPSECTORS = " + SKIPPED_SECTORS
                + ";RHLISOSTATUS=1;FRAGMENT COUNT = 0;THIS IS NOT THE SAME AS RUNNING MD5SUM ON THIS ISO!!";
        byte[] field = new byte[FIELD_BYTES];
        Arrays.fill(field, (byte) ' ');
        byte[] bytes = text.getBytes(ISO_8859_1);
        System.arraycopy(bytes, 0, field, 0, bytes.length);
        return overlaid(image, Map.of((long) FIELD, field));
    }
}
