package dev.kindling.iso.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.Tool;
import dev.kindling.iso.archive.Initramfs.Compression;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class InitramfsTest {
    private static final Instant TIME = Instant.parse("2026-03-04T05:06:08Z");
    private static final long LIMIT = 16 << 20;

    @TempDir
    Path directory;

    private static List<CpioEntry> read(byte[] bytes) throws IOException {
        Initramfs initramfs = new Initramfs(new ByteArrayInputStream(bytes), LIMIT);
        List<CpioEntry> entries = new ArrayList<>();
        for (Optional<CpioEntry> entry = initramfs.next(); entry.isPresent(); entry = initramfs.next()) {
            entries.add(entry.get());
        }
        return entries;
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] ours(Compression... compressions) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Compression each : compressions) {
            Initramfs.append(out, each, TIME, archive -> {
                archive.file("of-" + each, 0644, noise(300_001));
                archive.file("zeros-" + each, 0644, new byte[500_000]);
            });
            assertThat(out.size() % 4).isZero();
        }
        return out.toByteArray();
    }

    @Test
    void archivesBehindEachOtherAreReadHoweverEachIsCompressed() throws IOException {
        List<CpioEntry> entries = read(ours(Compression.NONE, Compression.GZIP, Compression.GZIP, Compression.ZSTD,
                Compression.XZ, Compression.ZSTD, Compression.NONE));
        assertThat(entries).extracting(CpioEntry::name).containsExactly("of-NONE", "zeros-NONE", "of-GZIP",
                "zeros-GZIP", "of-GZIP", "zeros-GZIP", "of-ZSTD", "zeros-ZSTD", "of-XZ", "zeros-XZ", "of-ZSTD",
                "zeros-ZSTD", "of-NONE", "zeros-NONE");
        assertThat(entries).filteredOn(entry -> entry.name().startsWith("of"))
                .allMatch(entry -> Arrays.equals(entry.content(), noise(300_001)));
    }

    @ParameterizedTest
    @CsvSource({"GZIP, gzip", "XZ, xz-utils", "ZSTD, zstd"})
    void othersReadOurs(Compression compression, String debianPackage) throws IOException {
        String program = debianPackage.replace("-utils", "");
        Files.write(directory.resolve("ours"), ours(compression));
        // zeros behind it, up to a multiple of 4, are no concern of theirs
        Tool.run(debianPackage, directory, List.of("sh", "-c", program + " -dc <ours >ours.cpio; test -s ours.cpio"));
        Tool.run("cpio", directory, List.of("sh", "-c", "cpio -i --quiet <ours.cpio"));
        assertThat(directory.resolve("of-" + compression)).hasBinaryContent(noise(300_001));
    }

    /** As a distribution builds it: an early archive for the processor's firmware, then the main one. */
    @ParameterizedTest
    @ValueSource(strings = {"gzip -9", "xz --check=crc32", "zstd -q -19", "zstd -q --no-check -1", "cat"})
    void oursReadsOthers(String compressor) throws IOException {
        Files.createDirectories(directory.resolve("top/kernel"));
        Files.write(directory.resolve("top/kernel/firmware"), noise(70_000));
        Files.writeString(directory.resolve("top/init"), "#!/bin/sh\n");
        Tool.run("cpio, xz-utils and zstd", directory.resolve("top"),
                List.of("bash", "-c",
                        "set -e -o pipefail; (printf 'kernel\nkernel/firmware\n' | cpio -o -H newc --quiet; "
                                + "echo init | cpio -o -H newc --quiet | " + compressor
                                + "; head -c 1000 /dev/zero; echo init | cpio -o -H newc --quiet | gzip) >../all"));
        List<CpioEntry> entries = read(Files.readAllBytes(directory.resolve("all")));
        assertThat(entries).extracting(CpioEntry::name).containsExactly("kernel", "kernel/firmware", "init", "init");
        assertThat(entries.get(1).content()).isEqualTo(noise(70_000));
        assertThat(entries.get(3).text()).isEqualTo("#!/bin/sh\n");
    }

    @ParameterizedTest
    @EnumSource
    void everyTruncationIsNoticed(Compression compression) throws IOException {
        byte[] whole = ours(compression);
        for (int length = 7; length < whole.length - 600; length += 9973) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> read(cut)).as("%d of %d", length, whole.length).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whatIsNoArchiveOrTooLargeIsRefused() throws IOException {
        assertThat(read(new byte[1000])).isEmpty();
        assertThatThrownBy(() -> read("nonsense".getBytes(UTF_8)))
                .hasMessageContaining("expected newc, gzip, xz or zstd");
        assertThatThrownBy(() -> read(new byte[]{2, 0x21, 0x4c, 0x18, 1, 1, 1})).hasMessageContaining("lz4");
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        Initramfs.append(bomb, Compression.ZSTD, TIME, archive -> {
            for (int i = 0; i < 20; i++) {
                archive.file("zeros-" + i, 0644, new byte[1 << 20]);
            }
        });
        assertThat(bomb.size()).isLessThan(100_000);
        assertThatThrownBy(() -> read(bomb.toByteArray())).hasMessageContaining("more than " + LIMIT);
    }
}
