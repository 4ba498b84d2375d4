package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.edit.Md5Sums;
import dev.kindling.iso.edit.Media;
import dev.kindling.iso.image.BootCatalogue;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.FatReader;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.Isos;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.PartitionTables;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IsoEditorTest {
    private static final Instant TIME = Instant.parse("2026-03-04T05:06:08Z");

    @TempDir
    Path directory;

    private Path image(String kind) throws IOException {
        Path tree = Isos.bootTree(directory);
        return kind.equals("debian") ? Isos.debian(directory, tree) : Isos.ubuntu(directory, tree);
    }

    private static Node.File file(byte[] bytes) {
        return new Node.File(Node.Attributes.file(TIME), Content.of(bytes));
    }

    private Path write(IsoEditor editor) throws IOException {
        Path out = directory.resolve("edited.iso");
        editor.write(out, _ -> {});
        return out;
    }

    /** Small changes fit into the padding, large ones make the image grow. */
    @ParameterizedTest
    @CsvSource({"debian, 1000", "debian, 3000000", "ubuntu, 1000", "ubuntu, 3000000"})
    void anEditedImageIsValidForEverybodyAndBootsAsBefore(String kind, int size) throws IOException {
        Path iso = image(kind);
        byte[] added = new byte[size];
        new Random(1).nextBytes(added);
        IsoEditor editor = new IsoEditor(Content.file(iso)).add("extra/dir/added.bin", file(added))
                .add("preseed.cfg", file("d-i".getBytes(UTF_8))).remove("install.amd/initrd.gz")
                .kernelArguments("auto=true file=/cdrom/preseed.cfg");
        Path out = write(editor);
        if (size < 10_000) {
            assertThat(Files.size(out)).as("fits into the padding").isEqualTo(Files.size(iso));
        }
        Path copy = Files.createDirectories(directory.resolve("copy"));
        Tool.run("libarchive-tools", copy, List.of("bsdtar", "-xf", out.toString()));
        assertThat(copy.resolve("extra/dir/added.bin")).hasBinaryContent(added);
        assertThat(copy.resolve("install.amd/initrd.gz")).doesNotExist();
        assertThat(copy.resolve("isolinux/isolinux.cfg")).content()
                .contains("vga=788 auto=true file=/cdrom/preseed.cfg --- quiet");
        assertThat(copy.resolve("boot/grub/grub.cfg")).content()
                .contains("vga=788 auto=true file=/cdrom/preseed.cfg --- quiet");
        Tool.run("coreutils", copy, List.of("md5sum", "--quiet", "-c", "md5sum.txt"));
        Tool.run("xorriso", directory, List.of("xorriso", "-abort_on", "WARNING", "-indev", out.toString(), "-find",
                "/", "-exec", "lsdl"));
        String media = Tool.run("xorriso", directory,
                List.of("xorriso", "-indev", out.toString(), "-check_media", "--"));
        assertThat(media).contains("+ good").doesNotContain("- unreadable");
        Tool.run("genisoimage", directory, List.of("isoinfo", "-i", out.toString(), "-J", "-f"));
        assertThat(Tool.run("genisoimage", directory, List.of("isoinfo", "-i", out.toString(), "-f")))
                .contains("/EXTRA/DIR/ADDED.BIN");
        assertThat(Tool.run("p7zip-full", directory, List.of("7z", "t", out.toString()))).contains("Everything is Ok");
        IsoReader before = new IsoReader(Content.file(iso));
        IsoReader after = new IsoReader(Content.file(out));
        BootCatalogue.Entry bios = after.bootCatalogue().orElseThrow().entries().getFirst();
        assertThat(bios).isEqualTo(before.bootCatalogue().orElseThrow().entries().getFirst());
        assertThat(after.partitions().bootImage()).isEqualTo(bios.offset());
        PartitionTables tables = after.partitions();
        if (tables.gpt().isPresent()) {
            assertThat(tables.gpt().get().problems()).isEmpty();
            assertThat(tables.backup().orElseThrow().problems()).isEmpty();
            assertThat(tables.backup().orElseThrow().partitions()).isEqualTo(tables.gpt().get().partitions());
        }
        if (kind.equals("ubuntu")) {
            assertThat(Tool.run("gdisk", directory, List.of("sgdisk", "-v", out.toString())))
                    .contains("No problems found");
            assertThat(after.volume().bytes()).isLessThanOrEqualTo(Files.size(out));
        }
        for (Media.EfiImage efi : Media.efiImages(after)) {
            FatReader fat = new FatReader(efi.content());
            assertThat(new String(fat.content("EFI/boot/grub.cfg"), ISO_8859_1))
                    .contains("vga=788 auto=true file=/cdrom/preseed.cfg --- quiet");
            Path fatImage = directory.resolve("efi");
            Files.write(fatImage, efi.content().bytes());
            Tool.run("dosfstools", directory, List.of("fsck.fat", "-n", fatImage.toString()));
        }
        long efiAt = after.bootCatalogue().orElseThrow().entries().getLast().offset();
        assertThat(Media.efiImages(after)).extracting(Media.EfiImage::offset).contains(efiAt);
        if (kind.equals("ubuntu")) {
            // who mounts the first partition sees the same files
            Path partition = directory.resolve("partition");
            Files.write(partition, Files.readAllBytes(out));
            byte[] all = Files.readAllBytes(out);
            Files.write(partition, Arrays.copyOfRange(all, 16 * 2048, all.length));
            IsoReader second = new IsoReader(Content.file(partition));
            assertThat(second.bytes(second.file("extra/dir/added.bin"))).isEqualTo(added);
        }
    }

    @Test
    void aReplacedBootImageIsFoundByTheFirmware() throws IOException {
        Path iso = image("debian");
        byte[] loader = Arrays.copyOf(Files.readAllBytes(Path.of("/usr/lib/ISOLINUX/isolinux.bin")), 60_000);
        IsoReader after = new IsoReader(new IsoEditor(Content.file(iso))
                .replace("isolinux/isolinux.bin", Content.of(loader)).image());
        IsoReader.Entry file = after.file("isolinux/isolinux.bin");
        long at = file.extents().getFirst().offset();
        assertThat(after.bootCatalogue().orElseThrow().entries().getFirst().offset()).isEqualTo(at);
        assertThat(after.partitions().bootImage()).isEqualTo(at);
        byte[] placed = after.bytes(file);
        // the boot information table says where the loader is
        assertThat(java.nio.ByteBuffer.wrap(placed).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(12))
                .isEqualTo((int) (at / 2048));
    }

    @Test
    void theSumThatFedorasMediaCheckAtBootIsRightAgain() throws IOException {
        Path iso = image("debian");
        Tool.run("isomd5sum", directory, List.of("implantisomd5", "-f", iso.toString()));
        assertThat(Md5Sums.implanted(new IsoReader(Content.file(iso)))).isPresent();
        IsoReader reader = new IsoReader(Content.file(iso));
        assertThat(Md5Sums.matches(reader, Md5Sums.implanted(reader).orElseThrow())).isTrue();
        Path out = write(new IsoEditor(Content.file(iso)).add("ks.cfg", file("text".getBytes(UTF_8))));
        assertThat(Tool.run("isomd5sum", directory, List.of("checkisomd5", "--verbose", out.toString())))
                .contains("PASS");
        IsoReader after = new IsoReader(Content.file(out));
        assertThat(Md5Sums.matches(after, Md5Sums.implanted(after).orElseThrow())).isTrue();
    }

    @Test
    void whatIsNotThereCannotBeChanged() throws IOException {
        IsoEditor editor = new IsoEditor(Content.file(image("debian")));
        assertThatThrownBy(() -> editor.remove("no/such")).isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("no/such");
        assertThatThrownBy(() -> editor.replace("nothing", Content.of(new byte[1])))
                .isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> editor.kernelArguments("two\nlines")).isInstanceOf(IllegalArgumentException.class);
    }

    /** Boot loaders know plain names only: isolinux finds its files by them. */
    @ParameterizedTest
    @CsvSource({"1, true, true", "1, false, false", "3, true, true"})
    void plainNamesStayAndNewOnesAreOfTheSameKind(String level, boolean rockRidge, boolean joliet) throws IOException {
        Path tree = Files.createDirectories(directory.resolve("level/a directory with a long name/sub"));
        Files.writeString(tree.resolve("a file with a long name.configuration"), "one");
        Files.writeString(tree.resolve("a file with a long name.configurations"), "two");
        Path iso = directory.resolve("level.iso");
        List<String> command = new java.util.ArrayList<>(List.of("genisoimage", "-quiet", "-iso-level", level, "-o",
                iso.toString()));
        if (rockRidge) {
            command.add("-R");
        }
        if (joliet) {
            command.add("-J");
        }
        command.add("level");
        Tool.run("genisoimage", directory, command);
        List<String> before = plain(iso);
        String below = new IsoReader(Content.file(iso)).list(new IsoReader(Content.file(iso)).root()).getFirst().path();
        Path out = write(new IsoEditor(Content.file(iso)).add(below + "/a file with a long name.new", file(new byte[3]))
                .add("another new directory/x", file(new byte[4])));
        List<String> after = plain(out);
        assertThat(after).containsAll(before).hasSize(before.size() + 3);
        if (level.equals("1")) {
            assertThat(after).allMatch(path -> path.matches("(/[A-Z0-9_]{1,8}(\\.[A-Z0-9_]{0,3})?(;1)?)+"));
        }
        Tool.run("xorriso", directory, List.of("xorriso", "-indev", out.toString(), "-check_media", "--"));
    }

    /** What isoinfo sees without extensions. */
    private List<String> plain(Path iso) {
        return Tool.run("genisoimage", directory, List.of("isoinfo", "-f", "-i", iso.toString())).lines().sorted()
                .toList();
    }

    @Test
    void aMediumThatShowsItsFilesByUdfIsNotChanged() throws IOException {
        Files.writeString(Files.createDirectories(directory.resolve("win")).resolve("setup.exe"), "setup");
        Tool.run("genisoimage", directory, List.of("genisoimage", "-quiet", "-udf", "-J", "-o", "win.iso", "win"));
        assertThatThrownBy(() -> new IsoEditor(Content.file(directory.resolve("win.iso")))).hasMessageContaining("UDF");
        Tool.run("genisoimage", directory, List.of("genisoimage", "-quiet", "-udf", "-R", "-o", "both.iso", "win"));
        IsoEditor editor = new IsoEditor(Content.file(directory.resolve("both.iso"))).add("x", file(new byte[1]));
        assertThat(editor.notes()).singleElement().asString().contains("UDF besides");
        assertThat(new IsoReader(editor.image()).find("x")).isPresent();
    }
}
