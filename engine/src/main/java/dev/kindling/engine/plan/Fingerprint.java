package dev.kindling.engine.plan;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The first 16 hex digits of a SHA-256 over texts, each with its length, so that no two lists have the same bytes. */
public final class Fingerprint {
    private Fingerprint() {}

    /** Of the texts of these values; null is a text that no value has. */
    public static String of(@Nullable Object... values) {
        return of(Arrays.asList(values));
    }

    /** Of the texts of these values. */
    public static String of(Iterable<? extends @Nullable Object> values) {
        MessageDigest digest = sha256();
        for (Object value : values) {
            byte[] bytes = value == null ? new byte[0] : value.toString().getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(value == null ? -1 : bytes.length).flip());
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
