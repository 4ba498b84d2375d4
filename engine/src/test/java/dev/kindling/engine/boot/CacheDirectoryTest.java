package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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

    /** One of the builds that run beside each other: it has a thing of its own, which comes and goes. */
    private Callable<Void> build(String own) {
        return () -> {
            for (int i = 0; i < 100; i++) {
                for (int file = 0; file < 10; file++) {
                    Files.createDirectories(directory.resolve(own + "/deep-" + file));
                }
                cache().prune("tree-\\d", 0, HOUR);
                CacheDirectory.deleteTree(directory.resolve(own));
            }
            return null;
        };
    }

    @Test
    void whatAnotherProcessRemovesMeanwhileIsNoFailure() throws Exception {
        try (ExecutorService builds = Executors.newFixedThreadPool(2)) {
            for (Future<Void> each : builds.invokeAll(List.of(build("tree-1"), build("tree-2")))) {
                each.get();
            }
        }
        assertThat(names()).isEmpty();
    }

    @Test
    void whatSeveralProcessesPruneAtOnceGoes() throws Exception {
        try (ExecutorService builds = Executors.newFixedThreadPool(2)) {
            Callable<List<String>> prune = () -> cache().prune("tree-\\d", 0, HOUR);
            for (int i = 0; i < 30; i++) {
                for (int file = 0; file < 30; file++) {
                    Files.createDirectories(directory.resolve("tree-1/deep-" + file));
                }
                Files.setLastModifiedTime(directory.resolve("tree-1"), FileTime.from(Instant.EPOCH));
                for (Future<List<String>> each : builds.invokeAll(List.of(prune, prune))) {
                    each.get();
                }
                assertThat(names()).isEmpty();
            }
        }
    }

    @Test
    void thereIsNothingToRemoveWhereNothingWasMade() throws IOException {
        assertThat(new CacheDirectory(directory.resolve("never")).prune(".*", 0, HOUR)).isEmpty();
    }
}
