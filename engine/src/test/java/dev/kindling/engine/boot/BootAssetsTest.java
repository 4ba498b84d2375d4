package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.boot.BootAssets.Incomplete;
import dev.kindling.engine.boot.BootAssets.Missing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootAssetsTest {
    @TempDir
    Path directory;

    @Test
    void listsEverythingThatIsMissingAtOnce() {
        List<Missing> missing = BootAssets.check(directory);
        assertThat(missing).extracting(Missing::debianPackage).contains("busybox-static", "e2fsprogs", "ipxe",
                "grub-pc-bin", "grub-efi-amd64-bin", "grub-efi-amd64-signed", "shim-signed", "grub-common");
        assertThat(missing).allSatisfy(each -> assertThat(each.why()).contains("/"));
        assertThat(new Incomplete(missing).remedy()).startsWith("sudo apt-get install busybox-static ")
                .containsOnlyOnce(" ipxe ");
        assertThat(BootAssets.check()).as("this computer").isEmpty();
    }

    @Test
    void refusesABusyboxThatNeedsLibraries() throws IOException {
        Files.createDirectories(directory.resolve("bin"));
        Files.copy(Path.of("/usr/sbin/mke2fs"), directory.resolve("bin/busybox"));
        assertThat(BootAssets.check(directory)).filteredOn(each -> each.debianPackage().equals("busybox-static"))
                .singleElement().satisfies(each -> assertThat(each.why()).contains("is not static"));
    }

    @Test
    void bothImagesAreTheSameEachTimeTheyAreBuilt() throws IOException {
        BootAssets assets = TestAssets.get();
        StageImage stage = StageImage.build(assets);
        SystemImage system = SystemImage.build(assets);
        Files.delete(stage.file());
        Files.delete(system.file());
        assertThat(StageImage.build(assets)).isEqualTo(stage);
        assertThat(SystemImage.build(assets)).isEqualTo(system);
        assertThat(stage.bytes()).as("a few MiB").isLessThan(8 << 20);
    }

    @Test
    void aThingOfTheCacheIsMadeOnceHoweverManyAsk() throws Exception {
        CacheDirectory cache = new CacheDirectory(directory);
        AtomicInteger made = new AtomicInteger();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Path> ask = () -> cache.get("thing", aside -> {
                made.incrementAndGet();
                Files.write(aside, "x".repeat(1 << 20).getBytes(UTF_8));
            });
            for (var result : threads.invokeAll(Stream.generate(() -> ask).limit(20).toList())) {
                assertThat(result.get()).hasSize(1 << 20);
            }
        }
        assertThat(made).hasValue(1);
    }

    @Test
    void whatCouldNotBeMadeIsNotThere() throws IOException {
        CacheDirectory cache = new CacheDirectory(directory);
        assertThatThrownBy(() -> cache.get("thing", aside -> {
            Files.writeString(aside, "half");
            throw new IOException("the disk is full");
        })).hasMessage("the disk is full");
        assertThat(directory.resolve("thing")).doesNotExist();
        assertThat(cache.get("thing", aside -> Files.writeString(aside, "whole"))).hasContent("whole");
    }
}
