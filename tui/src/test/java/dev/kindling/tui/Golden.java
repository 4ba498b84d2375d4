package dev.kindling.tui;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compares with a file beside the tests; {@code -Dgolden.update=true} writes it anew. */
public final class Golden {
    private Golden() {}

    /**
     * Compares.
     *
     * @param name below {@code src/test/resources/golden}
     */
    public static void check(String name, String actual) {
        checkFile(Path.of("src/test/resources/golden", name), actual);
    }

    /**
     * Compares.
     *
     * @param file relative to this module
     */
    public static void checkFile(Path file, String actual) {
        try {
            if (Boolean.getBoolean("golden.update")) {
                Files.createDirectories(file.toAbsolutePath().resolveSibling(""));
                Files.writeString(file, actual);
            }
            assertThat(file).as("golden file; -Dgolden.update=true writes it").exists();
            assertThat(actual).as("differs from %s; -Dgolden.update=true accepts it", file)
                    .isEqualTo(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
