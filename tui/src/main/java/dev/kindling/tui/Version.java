package dev.kindling.tui;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Which Kindling this is. */
public final class Version {
    private Version() {}

    /** {@code kindling 0.1.0}. */
    public static String line() {
        return "kindling " + number();
    }

    /** {@code 0.1.0}. */
    public static String number() {
        try (InputStream in = Objects.requireNonNull(Version.class.getResourceAsStream("version.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
