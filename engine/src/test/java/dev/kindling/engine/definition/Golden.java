package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that are kept equal to what the code says; {@code -Dgolden.update=true} rewrites them. */
final class Golden {
    private Golden() {}

    /** The root of the source tree. */
    static Path home() {
        return Path.of(System.getProperty("kindling.home", ".."));
    }

    /** {@code file}: relative to the source tree. */
    static void check(String file, String actual) throws IOException {
        Path path = home().resolve(file);
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(path.getParent());
            Files.writeString(path, actual);
        }
        assertThat(path).as("rewrite it with -Dgolden.update=true").exists();
        assertThat(actual).as(file + " is stale; rewrite it with -Dgolden.update=true")
                .isEqualTo(Files.readString(path));
    }
}
