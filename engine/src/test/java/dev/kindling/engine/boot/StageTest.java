package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.boot.EngineSide.Posted;
import dev.kindling.engine.model.MacAddress;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The stage in a machine of QEMU, against the engine's side of the protocol. */
class StageTest {
    private static final String MAC = "52:54:00:4b:4c:01";
    private static final String TOKEN = "stage-token-of-the-test";
    private static final long DISK = 256L << 20;
    private static final Duration LIMIT = Duration.ofMinutes(10);

    @TempDir
    Path directory;

    private BootAssets assets;
    private EngineSide engine;
    private Path target;
    private Path other;
    private byte[] otherContent;

    @BeforeEach
    void open() throws IOException {
        assets = TestAssets.get();
        engine = new EngineSide(MAC, TOKEN);
        target = emptyDisk("target.img");
        other = emptyDisk("other.img");
        otherContent = random(3 << 20, 7);
        write(other, 1 << 20, otherContent);
    }

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void tellsWhatTheMachineIsMadeOfAndWritesOnlyTheNamedDisk() throws Exception {
        byte[] body = random(20 << 20, 1);
        byte[] seed = random(1 << 20, 2);
        byte[] tail = random(33 * 512, 3);
        byte[] head = random(34 * 512, 4);
        Path system = Files.write(directory.resolve("system.img"), body);
        engine.file("system.img", system);
        engine.part("seed", seed);
        engine.part("gpt-tail", tail);
        engine.part("gpt-head", head);
        String otherHash = Hashes.of(other);
        try (Qemu machine = boot()) {
            engine.watch(machine);
            Map<String, String> inventory = engine.await("inventory", LIMIT, post -> post.path().equals("inventory"))
                    .values();
            assertThat(inventory).containsEntry("firmware", "bios").containsEntry("secureboot", "false")
                    .containsEntry("tpm", "none").containsEntry("cpus", "1").containsEntry("memory.mib", "768")
                    .containsEntry("uuid", "11111111-2222-3333-4444-555555555555").containsEntry("vendor", "QEMU")
                    .containsEntry("disk.0.device", "vda").containsEntry("disk.0.serial", "KDL-OTHER")
                    .containsEntry("disk.0.content", "unknown data").containsEntry("disk.1.serial", "KDL-TARGET")
                    .containsEntry("disk.1.bytes", Long.toString(DISK)).containsEntry("disk.1.transport", "virtio")
                    .containsEntry("disk.1.content", "empty").containsEntry("disk.1.inuse", "")
                    .containsEntry("disk.1.marker", "").containsEntry("disk.1.removable", "0")
                    .containsEntry("nic.0.mac", MAC).containsEntry("nic.0.link", "1")
                    .containsEntry("nic.0.driver", "virtio_net").doesNotContainKey("nic.1.name");

            engine.breakNext("/order", 1);
            engine.breakNext("/progress", 2);
            engine.answer("order", order("o-1", "KDL-TARGET", DISK,
                    List.of(new Write("files/system.img", 1 << 20, body),
                            new Write("m/" + MAC + "/part/seed", 64 << 20, seed),
                            new Write("m/" + MAC + "/part/gpt-tail", DISK - tail.length, tail),
                            new Write("m/" + MAC + "/part/gpt-head", 0, head))));
            Posted written = engine.await("written", LIMIT, post -> post.isStage("written"));
            assertThat(written.values()).containsEntry("order", "o-1");
            assertThat(engine.history).anyMatch(post -> post.isStage("writing"));

            engine.answer("order", "action=boot-disk\n");
            machine.awaitEnd(LIMIT);
            assertThat(machine.console()).contains("kindling: disk written").contains("kindling: restarting")
                    .doesNotContain(TOKEN);
        }
        assertThat(read(target, 1 << 20, body.length)).isEqualTo(body);
        assertThat(read(target, 64 << 20, seed.length)).isEqualTo(seed);
        assertThat(read(target, DISK - tail.length, tail.length)).isEqualTo(tail);
        assertThat(read(target, 0, head.length)).isEqualTo(head);
        assertThat(new String(read(target, 20480, 512), java.nio.charset.StandardCharsets.US_ASCII))
                .startsWith("KINDLING1 order=o-1 machine=demo-wk-1\n\0\0");
        assertThat(Hashes.of(other)).as("the other disk").isEqualTo(otherHash);
    }

    @ParameterizedTest
    @CsvSource({"KDL-NONE, 268435456, 1048576, no disk has the serial KDL-NONE",
            "KDL-TARGET, 268434944, 1048576, '/dev/vdb has 268435456 bytes, the order says 268434944'",
            "KDL-TARGET, 268435456, 268435456, write.0 goes beyond the end of the disk",
            "KDL-TARGET, 268435456, 20480, write.0 covers the marker"})
    void writesNothingWhereAnythingIsDoubtful(String serial, long bytes, long offset, String reason) throws Exception {
        engine.part("seed", new byte[4096]);
        engine.answer("order",
                order("o-2", serial, bytes, List.of(new Write("m/" + MAC + "/part/seed", offset, new byte[4096]))));
        String before = Hashes.of(target) + Hashes.of(other);
        try (Qemu machine = boot()) {
            engine.watch(machine);
            Posted failed = engine.await("a refusal", LIMIT, post -> post.isStage("failed"));
            assertThat(failed.values()).containsEntry("text", reason).containsEntry("order", "o-2");
        }
        assertThat(Hashes.of(target) + Hashes.of(other)).isEqualTo(before);
        assertThat(engine.requests).noneMatch(request -> request.contains("/part/"));
    }

    private Qemu boot() throws IOException {
        StageImage stage = StageImage.build(assets);
        List<String> arguments = new ArrayList<>(List.of("-uuid", "11111111-2222-3333-4444-555555555555", "-kernel",
                assets.kernel().toString(), "-initrd", stage.file().toString(), "-append",
                StageImage.kernelArguments(engine.url(), new MacAddress(MAC), TOKEN)));
        arguments.addAll(Qemu.disk(other, "KDL-OTHER", 5));
        arguments.addAll(Qemu.disk(target, "KDL-TARGET", 6));
        arguments.addAll(Qemu.userNetwork(MAC, ""));
        return Qemu.start(directory, "stage", arguments);
    }

    private record Write(String path, long offset, byte[] content) {}

    private String order(String id, String serial, long bytes, List<Write> writes) {
        StringBuilder order = new StringBuilder("action=install\norder=" + id + "\nmachine=demo-wk-1\ndisk.serial="
                + serial + "\ndisk.bytes=" + bytes + "\nmarker.offset=20480\n");
        for (int i = 0; i < writes.size(); i++) {
            Write write = writes.get(i);
            order.append("write.%d.url=%s/%s%n".formatted(i, engine.url(), write.path()));
            order.append("write.%d.offset=%d%n".formatted(i, write.offset()));
            order.append("write.%d.bytes=%d%n".formatted(i, write.content().length));
            order.append("write.%d.sha256=%s%n".formatted(i, Hashes.of(write.content())));
        }
        return order.toString();
    }

    private Path emptyDisk(String name) throws IOException {
        Path file = directory.resolve(name);
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(DISK);
        }
        return file;
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static void write(Path file, long offset, byte[] content) throws IOException {
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.seek(offset);
            disk.write(content);
        }
    }

    private static byte[] read(Path file, long offset, int length) throws IOException {
        byte[] bytes = new byte[length];
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "r")) {
            disk.seek(offset);
            disk.readFully(bytes);
        }
        return bytes;
    }
}
