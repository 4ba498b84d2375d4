package dev.kindling.engine.secret;

import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * A value that is not for anybody's eyes: it prints, and becomes JSON, as {@code ***}. Wiped when closed.
 *
 * <p>
 * Deliberately without {@code equals}: comparing is {@link #matches}, in constant time.
 */
public final class Secret implements AutoCloseable {
    private final byte[] value;
    private boolean closed;

    private Secret(byte[] value) {
        this.value = value;
    }

    /** Text, kept as UTF-8. */
    public static Secret of(String text) {
        return new Secret(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Typed characters; the caller wipes its own array. */
    public static Secret of(char[] text) {
        byte[] room = new byte[text.length * 3];
        ByteBuffer encoded = ByteBuffer.wrap(room);
        StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPLACE)
                .encode(CharBuffer.wrap(text), encoded, true);
        byte[] bytes = Arrays.copyOf(room, encoded.position());
        Arrays.fill(room, (byte) 0);
        return new Secret(bytes);
    }

    /** A copy of bytes; the caller wipes its own array. */
    public static Secret of(byte[] bytes) {
        return new Secret(bytes.clone());
    }

    /** Takes the array over. */
    static Secret owning(byte[] bytes) {
        return new Secret(bytes);
    }

    /** The value as text. Call it as late as possible and keep the result nowhere. */
    public String reveal() {
        return new String(open(), StandardCharsets.UTF_8);
    }

    /** A copy of the value, for the caller to wipe. */
    public byte[] bytes() {
        return open().clone();
    }

    /** Whether this is the value; takes the same time whatever is given. */
    public boolean matches(String given) {
        return MessageDigest.isEqual(open(), given.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] open() {
        if (closed) {
            throw new IllegalStateException("this secret was wiped");
        }
        return value;
    }

    /** Overwrites the value in memory. */
    @Override
    public void close() {
        closed = true;
        Arrays.fill(value, (byte) 0);
    }

    @Override
    @JsonValue
    public String toString() {
        return "***";
    }
}
