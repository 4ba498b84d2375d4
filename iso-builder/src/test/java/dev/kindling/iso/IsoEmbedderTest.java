package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.edit.EmbedArea;
import dev.kindling.iso.edit.InPlace;
import dev.kindling.iso.image.BootCatalogue;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.Isos;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IsoEmbedderTest {
    private static final Instant TIME = Instant.parse("2026-03-04T05:06:08Z");
    private static final byte[] CONFIG = "{\"ignition\":{\"version\":\"3.3.0\"}}".getBytes(UTF_8);

    @TempDir
    Path directory;

    private static Node.File file(byte[] bytes) {
        return new Node.File(Node.Attributes.file(TIME), Content.of(bytes));
    }

    private Path own(int capacity) throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(TIME)).put(EmbedArea.PATH, file(EmbedArea.empty(capacity)))
                .put("other", file("other".getBytes(UTF_8)));
        Path iso = directory.resolve("own.iso");
        IsoBuilder.write(MediaSpec.of(tree, "OWN"), iso, _ -> {});
        return iso;
    }

    /** As CoreOS makes its images: a file of zeros, and JSON that names it. */
    private Path coreOs() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("coreos-tree"));
        Files.createDirectories(tree.resolve("images"));
        Files.createDirectories(tree.resolve("coreos"));
        Files.createDirectories(tree.resolve("EFI"));
        Files.write(tree.resolve("images/ignition.img"), new byte[4096]);
        Files.writeString(tree.resolve("coreos/igninfo.json"), "{ \"file\": \"images/ignition.img\" }");
        Files.writeString(tree.resolve("EFI/grub.cfg"), "linux /vmlinuz a=1\n" + "#".repeat(81) + " rest");
        Files.writeString(tree.resolve("coreos/kargs.json"),
                "{\"default\": \"a=1\", \"files\": [{\"path\": \"EFI/grub.cfg\", \"offset\": 15, \"pad\": \"#\","
                        + " \"end\": \"\\n\"}], \"size\": 85}");
        return Isos.xorriso(directory, tree, "coreos.iso");
    }

    @ParameterizedTest
    @ValueSource(strings = {"own", "coreos"})
    void whatIsEmbeddedIsShownAndClearedWithoutATrace(String kind) throws IOException {
        Path iso = kind.equals("own") ? own(1000) : coreOs();
        byte[] before = Files.readAllBytes(iso);
        IsoEmbedder.embed(iso, CONFIG);
        assertThat(IsoEmbedder.place(new IsoReader(Content.file(iso))).config()).isEqualTo(CONFIG);
        IsoEmbedder.embed(iso, "other".getBytes(UTF_8));
        assertThat(IsoEmbedder.place(new IsoReader(Content.file(iso))).config()).asString(UTF_8).isEqualTo("other");
        assertThat(iso).hasSize(before.length);
        Path copy = directory.resolve("copy.iso");
        IsoEmbedder.embed(iso, CONFIG, copy, _ -> {});
        assertThat(IsoEmbedder.place(new IsoReader(Content.file(copy))).config()).isEqualTo(CONFIG);
        IsoEmbedder.embed(iso, new byte[0]);
        assertThat(iso).hasBinaryContent(before);
        assertThat(InPlace.undoFile(iso)).doesNotExist();
    }

    @Test
    void othersReadTheIgnitionConfig() throws IOException {
        Path iso = coreOs();
        IsoEmbedder.embed(iso, CONFIG);
        Tool.run("libarchive-tools", directory, List.of("bsdtar", "-xf", iso.toString(), "images/ignition.img"));
        Tool.run("cpio", directory, List.of("sh", "-c", "zcat images/ignition.img 2>/dev/null | cpio -i --quiet"));
        assertThat(directory.resolve("config.ign")).hasBinaryContent(CONFIG);
    }

    /** Lesson 19: an area that is too small (fedora-coreos-tracker#1595). */
    @ParameterizedTest
    @ValueSource(strings = {"own", "coreos"})
    void lesson19TooLargeAConfigIsRefusedWithBothSizesAndNothingIsWritten(String kind) throws IOException {
        Path iso = kind.equals("own") ? own(4096) : coreOs();
        byte[] before = Files.readAllBytes(iso);
        byte[] large = new byte[6000];
        new java.util.Random(1).nextBytes(large);
        assertThatThrownBy(() -> IsoEmbedder.embed(iso, large)).isInstanceOf(IOException.class)
                .hasMessageContaining("6000").hasMessageContaining("4096");
        assertThat(iso).hasBinaryContent(before);
    }

    /** Lesson 19: by offset from the directory record; words that look like our mark elsewhere mean nothing. */
    @Test
    void lesson19TheAreaIsFoundByItsRecordAndNeverByItsMark() throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(TIME))
                .put("a-decoy", file(EmbedArea.empty(100))).put(EmbedArea.PATH, file(EmbedArea.empty(100)));
        Path iso = directory.resolve("decoy.iso");
        IsoBuilder.write(MediaSpec.of(tree, "DECOY"), iso, _ -> {});
        IsoEmbedder.embed(iso, CONFIG);
        IsoReader reader = new IsoReader(Content.file(iso));
        assertThat(EmbedArea.read(reader.content(reader.file("a-decoy")), 0)).isEmpty();
        assertThat(EmbedArea.of(reader).orElseThrow().config()).isEqualTo(CONFIG);
    }

    @Test
    void anEmbeddingThatIsCutOffIsUndone() throws IOException {
        Path iso = own(1000);
        byte[] before = Files.readAllBytes(iso);
        Path undo = InPlace.undoFile(iso);
        Path saved = directory.resolve("saved");
        // the state on the disk after kill -9 in the middle: the undo file is there, some of the new bytes are
        IsoEmbedder.embed(iso, CONFIG);
        byte[] after = Files.readAllBytes(iso);
        Files.write(iso, before);
        long at = EmbedArea.of(new IsoReader(Content.file(iso))).orElseThrow().offset();
        Files.write(saved, undoOf(before, at, 200));
        try (RandomAccessFile half = new RandomAccessFile(iso.toFile(), "rw")) {
            half.seek(at);
            half.write(after, (int) at, 70);
        }
        Files.copy(saved, undo);
        assertThat(InPlace.recover(iso)).isTrue();
        assertThat(iso).hasBinaryContent(before);
        assertThat(undo).doesNotExist();
        // cut off while the undo file was written: the image was not touched yet
        Files.write(undo, java.util.Arrays.copyOf(Files.readAllBytes(saved), 50));
        assertThat(InPlace.recover(iso)).isFalse();
        assertThat(iso).hasBinaryContent(before);
    }

    private static byte[] undoOf(byte[] image, long at, int length) {
        java.nio.ByteBuffer out = java.nio.ByteBuffer.allocate(8 + 8 + 12 + length + 4);
        out.put("KLUNDO1\n".getBytes(UTF_8)).putLong(image.length).putLong(at).putInt(length);
        out.put(image, (int) at, length);
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(out.array(), 0, out.position());
        return out.putInt((int) crc.getValue()).array();
    }

    @Test
    void kernelArgumentsOfCoreOsGoIntoItsAreas() throws IOException {
        IsoReader after = new IsoReader(new IsoEditor(Content.file(coreOs())).kernelArguments("console=ttyS0").image());
        assertThat(after.text("EFI/grub.cfg").orElseThrow()).startsWith("linux /vmlinuz a=1 console=ttyS0\n#");
    }

    @Test
    void debiansInstallerIsGivenAPreseedFileAndItsArguments() throws IOException {
        Path iso = Isos.debian(directory, Isos.bootTree(directory));
        assertThatThrownBy(() -> IsoEmbedder.embed(iso, CONFIG)).hasMessageContaining("-o OUT.iso");
        Path out = directory.resolve("out.iso");
        IsoEmbedder.embed(iso, "d-i x".getBytes(UTF_8), out, _ -> {});
        IsoReader reader = new IsoReader(Content.file(out));
        assertThat(reader.text("preseed.cfg")).contains("d-i x");
        assertThat(reader.text("boot/grub/grub.cfg").orElseThrow()).contains("file=/cdrom/preseed.cfg --- quiet");
    }

    /** Lesson 20: both partition tables stay valid, and a load count that is too large for its field becomes 0. */
    @Test
    void lesson20ALargeEfiImageKeepsAValidTableAndALoadCountOfZero() throws IOException {
        Path tree = Isos.bootTree(directory);
        Path iso = Isos.debian(directory, tree);
        IsoReader after = new IsoReader(new IsoEditor(Content.file(iso))
                .replace("boot/grub/efi.img", Content.zeros(40L << 20)).image());
        BootCatalogue.Entry efi = after.bootCatalogue().orElseThrow().entries().getLast();
        assertThat(efi.platform()).isEqualTo(BootCatalogue.PLATFORM_EFI);
        assertThat(efi.loadSectors()).isZero();
        assertThat(efi.offset()).isEqualTo(after.file("boot/grub/efi.img").extents().getFirst().offset());
        assertThat(after.partitions().gpt().orElseThrow().problems()).isEmpty();
        assertThat(after.partitions().backup().orElseThrow().problems()).isEmpty();
        assertThat(after.partitions().gpt().orElseThrow().partitions())
                .anyMatch(p -> p.first() * 512 == efi.offset() && p.last() - p.first() + 1 == (40L << 20) / 512);
    }

    @Test
    void seedsHoldWhatCloudInitLooksFor() throws IOException {
        byte[] user = "#cloud-config\nhostname: one\n".getBytes(UTF_8);
        Path seed = directory.resolve("seed.iso");
        IsoBuilder.write(SeedMedium.of(SeedMedium.Kind.CIDATA, user, Optional.empty(),
                Optional.of("version: 2\nethernets: {}\n".getBytes(UTF_8)), Optional.empty(), TIME), seed, _ -> {});
        assertThat(Tool.run("util-linux", directory, List.of("blkid", "-p", "-o", "export", seed.toString())))
                .contains("LABEL=cidata").contains("TYPE=iso9660");
        Tool.run("libarchive-tools", directory, List.of("bsdtar", "-xf", seed.toString()));
        assertThat(directory.resolve("user-data")).hasBinaryContent(user);
        assertThat(directory.resolve("meta-data")).content().contains("instance-id: ");
        Tool.run("cloud-init", directory, List.of("cloud-init", "schema", "--config-file", "user-data"));
        Path drive = directory.resolve("drive.iso");
        IsoBuilder.write(SeedMedium.of(SeedMedium.Kind.CONFIG_2, user, Optional.empty(), Optional.empty(),
                Optional.empty(), TIME), drive, _ -> {});
        Tool.run("libarchive-tools", directory, List.of("bsdtar", "-xf", drive.toString()));
        assertThat(directory.resolve("openstack/latest/user_data")).hasBinaryContent(user);
        assertThatThrownBy(() -> SeedMedium.of(SeedMedium.Kind.OEMDRV, user, Optional.of(user), Optional.empty(),
                Optional.empty(), TIME)).hasMessageContaining("one file");
    }
}
