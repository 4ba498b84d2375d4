package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays in a cache, and what goes. */
class CacheDirectoryTest {
    private static final Duration HOUR = Duration.ofHours(1);
    @TempDir
    Path directory;

    private CacheDirectory cache() {
        return new CacheDirectory(directory);
    }

    /** Made long ago, and used so many hours ago. */
    private void used(String name, int hours) throws IOException {
        cache().get(name, aside -> Files.writeString(aside, name));
        cache().used(name);
        Files.setLastModifiedTime(directory.resolve(name), FileTime.from(Instant.EPOCH));
        Files.setLastModifiedTime(directory.resolve("." + name + ".used"),
                FileTime.from(Instant.now().minus(Duration.ofHours(hours))));
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
        }
    }

    @Test
    void whatWasUsedLastStays() throws IOException {
        used("layer-1", 50);
        used("layer-2", 2);
        used("layer-3", 30);
        used("other-1", 90);
        assertThat(cache().prune("layer-\\d", 2, HOUR)).containsExactly("layer-1");
        assertThat(names()).contains("layer-2", "layer-3", "other-1").noneMatch(name -> name.contains("layer-1"));
    }

    @Test
    void whatAnotherProcessMayBeAtStays() throws IOException {
        used("layer-1", 2);
        used("layer-2", 0);
        used("layer-3", 0);
        used("layer-4", 0);
        assertThat(cache().prune("layer-\\d", 2, HOUR)).containsExactly("layer-1");
    }

    @Test
    void directoriesGoWithAllThatIsInThem() throws IOException {
        cache().get("tree-1", aside -> {
            Files.createDirectories(aside.resolve("deep"));
            Files.writeString(aside.resolve("deep/file"), "x");
        });
        Files.setLastModifiedTime(directory.resolve("tree-1"), FileTime.from(Instant.EPOCH));
        assertThat(cache().prune("tree-\\d", 0, HOUR)).containsExactly("tree-1");
        assertThat(names()).isEmpty();
    }

    @Test
    void thereIsNothingToRemoveWhereNothingWasMade() throws IOException {
        assertThat(new CacheDirectory(directory.resolve("never")).prune(".*", 0, HOUR)).isEmpty();
    }
}
