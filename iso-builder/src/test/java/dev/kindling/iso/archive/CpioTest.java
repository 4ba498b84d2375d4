package dev.kindling.iso.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.Tool;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpioTest {
    /** Long ago: of the last six months both programs show the time of day instead of the year. */
    private static final Instant EPOCH = Instant.parse("2016-01-01T00:00:00Z");

    @TempDir
    Path directory;

    @Test
    void gnuCpioAndLibarchiveListWhatWasWritten() throws IOException {
        Path archive = Files.write(directory.resolve("sample.cpio"), sample());
        for (String[] tool : new String[][]{{"cpio", "cpio"}, {"libarchive-tools", "bsdcpio"}}) {
            String listing = Tool.run(tool[0], directory, archive, List.of(tool[1], "-itv")).replaceAll(" +", " ");
            assertThat(listing).contains("drwxr-xr-x ", " bin/busybox -> ../lib/busybox");
            assertThat(listing.lines().filter(line -> line.startsWith("crw-------"))).singleElement().asString()
                    .contains("5,").contains("1").endsWith("dev/console");
            assertThat(listing.lines().filter(line -> line.startsWith("brw-rw----"))).singleElement().asString()
                    .endsWith("dev/vda");
            assertThat(listing.lines().filter(line -> line.startsWith("-rwxr-x---"))).singleElement().asString()
                    .contains("2016").endsWith("init");
        }
    }

    @Test
    void gnuCpioUnpacksTheSameContent() throws IOException {
        Path archive = Files.write(directory.resolve("sample.cpio"), sample());
        Path out = Files.createDirectory(directory.resolve("out"));
        Tool.run("cpio", out, archive, List.of("cpio", "-id", "--quiet", "init", "lib/big", "bin", "bin/busybox"));
        assertThat(out.resolve("init")).hasContent("#!/bin/sh\n");
        assertThat(out.resolve("lib/big")).hasBinaryContent(big());
        assertThat(Files.readSymbolicLink(out.resolve("bin/busybox"))).hasToString("../lib/busybox");
    }

    @Test
    void readerFindsWhatGnuCpioWrote() throws IOException {
        Path top = Files.createDirectory(directory.resolve("tree"));
        Path tree = Files.createDirectory(top.resolve("a"));
        Files.writeString(tree.resolve("text"), "häßlich\n");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("text"));
        Path list = Files.writeString(directory.resolve("list"), "a\na/text\na/link\n");
        Tool.run("cpio", top, list, List.of("cpio", "-o", "-H", "newc", "--quiet", "-F", "../out.cpio"));
        List<CpioEntry> entries = read(Files.readAllBytes(directory.resolve("out.cpio")));
        assertThat(entries).extracting(CpioEntry::name).containsExactly("a", "a/text", "a/link");
        assertThat(entries.get(0).isDirectory()).isTrue();
        assertThat(entries.get(1).text()).isEqualTo("häßlich\n");
        assertThat(entries.get(2).isSymlink()).isTrue();
        assertThat(entries.get(2).text()).isEqualTo("text");
    }

    @Test
    void readerFindsWhatWriterWrote() throws IOException {
        List<CpioEntry> entries = read(sample());
        assertThat(entries).extracting(CpioEntry::name).containsExactly("bin", "lib", "dev", "dev/console", "dev/vda",
                "bin/busybox", "init", "lib/big", "lib/empty");
        CpioEntry console = entries.get(3);
        assertThat(console.deviceMajor()).isEqualTo(5);
        assertThat(console.deviceMinor()).isEqualTo(1);
        assertThat(console.permissions()).isEqualTo(0600);
        assertThat(entries).allMatch(entry -> entry.mtimeSeconds() == EPOCH.getEpochSecond() && entry.uid() == 0);
        assertThat(entries.get(7).content()).isEqualTo(big());
    }

    @Test
    void sameCallsGiveSameBytes() throws IOException {
        assertThat(sample()).isEqualTo(sample());
    }

    @Test
    void refusesWhatTheKernelWouldDropOrMisplace() throws IOException {
        try (CpioWriter writer = new CpioWriter(new ByteArrayOutputStream(), EPOCH)) {
            writer.directory("etc", 0755);
            assertThatIllegalArgumentException().isThrownBy(() -> writer.file("bin/sh", 0755, new byte[0]))
                    .withMessageContaining("add the directory 'bin' first");
            assertThatIllegalArgumentException().isThrownBy(() -> writer.directory("etc", 0700))
                    .withMessageContaining("already");
            for (String name : List.of("", "/init", "etc/", "etc/../init", "..", "./init", "etc//x", "a\0b")) {
                assertThatIllegalArgumentException().as(name).isThrownBy(() -> writer.file(name, 0644, new byte[0]))
                        .withMessageContaining("relative path");
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> writer.file("etc/" + "x".repeat(4092), 0644, new byte[0]))
                    .withMessageContaining("4095").withMessageContaining("4096");
            assertThatIllegalArgumentException().isThrownBy(() -> writer.file("TRAILER!!!", 0644, new byte[0]));
            assertThatIllegalArgumentException().isThrownBy(() -> writer.file("etc/x", 010000, new byte[0]))
                    .withMessageContaining("permissions");
            assertThatIllegalArgumentException().isThrownBy(() -> writer.symlink("etc/x", ""));
        }
    }

    @Test
    void acceptsTheLongestName() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (CpioWriter writer = new CpioWriter(out, EPOCH)) {
            writer.file("x".repeat(4095), 0644, new byte[]{1});
        }
        assertThat(read(out.toByteArray())).singleElement().extracting(entry -> entry.name().length()).isEqualTo(4095);
    }

    @Test
    void refusesATimeThatDoesNotFit() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CpioWriter(new ByteArrayOutputStream(), Instant.parse("2107-01-01T00:00:00Z")));
    }

    @Test
    void everyTruncationIsNoticed() throws IOException {
        byte[] archive = sample();
        int trailer = archive.length - 512;
        for (int length = 0; length < trailer; length += 997) {
            byte[] cut = Arrays.copyOf(archive, length);
            assertThatThrownBy(() -> read(cut)).as("%d bytes", length).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void readerRefusesGarbageAndGiants() throws IOException {
        byte[] archive = sample();
        archive[0] = 'x';
        assertThatThrownBy(() -> read(archive)).isInstanceOf(IOException.class).hasMessageContaining("at byte 0");
        byte[] negative = sample();
        System.arraycopy("-0000001".getBytes(UTF_8), 0, negative, 6 + 6 * 8, 8);
        assertThatThrownBy(() -> read(negative)).isInstanceOf(IOException.class).hasMessageContaining("-0000001");
        byte[] giant = sample();
        System.arraycopy("FFFFFFFF".getBytes(UTF_8), 0, giant, 6 + 6 * 8, 8);
        assertThatThrownBy(() -> read(giant)).isInstanceOf(IOException.class).hasMessageContaining("at most");
    }

    private static byte[] big() {
        byte[] big = new byte[100_001];
        for (int i = 0; i < big.length; i++) {
            big[i] = (byte) (i * 31 + i / 256);
        }
        return big;
    }

    private byte[] sample() throws IOException {
        Path source = Files.write(directory.resolve("big"), big());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (CpioWriter writer = new CpioWriter(out, EPOCH)) {
            writer.directories("bin");
            writer.directory("lib", 0755);
            writer.directory("dev", 0755);
            writer.characterDevice("dev/console", 0600, 5, 1);
            writer.blockDevice("dev/vda", 0660, 254, 0);
            writer.symlink("bin/busybox", "../lib/busybox");
            writer.file("init", 0750, "#!/bin/sh\n".getBytes(UTF_8));
            writer.file("lib/big", 0644, source);
            writer.file("lib/empty", 0644, new byte[0]);
        }
        return out.toByteArray();
    }

    private static List<CpioEntry> read(byte[] archive) throws IOException {
        CpioReader reader = new CpioReader(new ByteArrayInputStream(archive), 1 << 20);
        List<CpioEntry> entries = new ArrayList<>();
        for (var entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            entries.add(entry.get());
        }
        return entries;
    }
}
