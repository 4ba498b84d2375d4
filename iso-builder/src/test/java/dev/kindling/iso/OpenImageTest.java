package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.iso.image.BadImageException;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that sfdisk, sgdisk, mtools, qemu-img, mksquashfs and genisoimage made. */
class OpenImageTest {
    @TempDir
    Path directory;

    private static Map<String, String> texts(Tree tree) throws IOException {
        Map<String, String> found = new TreeMap<>();
        List<String> failed = new java.util.ArrayList<>();
        tree.walk((path, node) -> {
            if (node instanceof Node.File file && file.content().size() < 1000) {
                try {
                    found.put(path, new String(file.content().bytes(), UTF_8));
                } catch (IOException e) {
                    failed.add(path + ": " + e);
                }
            }
        });
        assertThat(failed).isEmpty();
        return found;
    }

    private OpenImage open(Path image) throws IOException {
        return OpenImage.of(image, directory.resolve("aside"));
    }

    private Path fat(String name, int mebibytes) throws IOException {
        Path fat = directory.resolve(name + ".fat");
        Tool.run("dosfstools", directory,
                List.of("mkfs.vfat", "-n", name, "-C", fat.toString(), String.valueOf(mebibytes * 1024)));
        Path file = Files.writeString(directory.resolve(name + ".txt"), "in " + name);
        Tool.run("mtools", directory, List.of("mmd", "-i", fat.toString(), "::/EFI", "::/EFI/BOOT"));
        Tool.run("mtools", directory,
                List.of("mcopy", "-i", fat.toString(), file.toString(), "::/EFI/BOOT/a name.txt"));
        return fat;
    }

    private static void put(Path disk, long sector, Path content) throws IOException {
        try (java.nio.channels.FileChannel out = java.nio.channels.FileChannel.open(disk, StandardOpenOption.WRITE)) {
            Content from = Content.file(content);
            from.transferTo(0, from.size(), out.position(sector * 512));
        }
    }

    /** An EFI system partition, and one that is nothing known. */
    private Path gpt() throws IOException {
        Path disk = directory.resolve("gpt.img");
        Tool.run("gdisk", directory, List.of("truncate", "-s", "64M", disk.toString()));
        Tool.run("gdisk", directory, List.of("sgdisk", "-n", "1:2048:+20M", "-t", "1:ef00", "-c", "1:boot", "-n",
                "3:0:+8M", "-t", "3:8300", disk.toString()));
        put(disk, 2048, fat("ESP", 20));
        return disk;
    }

    @Test
    void aDiskIsATreeWithItsPartitions() throws IOException {
        try (OpenImage image = open(gpt())) {
            assertThat(image.kind()).isEqualTo(AnyImage.Kind.DISK);
            assertThat(texts(image.tree())).isEqualTo(Map.of("1/EFI/BOOT/a name.txt", "in ESP"));
            assertThat(image.tree().get("3.img").orElseThrow()).isInstanceOfSatisfying(Node.File.class,
                    file -> assertThat(file.content().size()).isEqualTo(8 << 20));
            ImageInspector.Report report = ImageInspector.report(image);
            assertThat(report.kind()).isEqualTo("disk");
            assertThat(report.partitions()).extracting(ImageInspector.Partition::number,
                    ImageInspector.Partition::name, ImageInspector.Partition::firstSector,
                    each -> each.files().map(files -> files.system() + " " + files.label() + " " + files.files())
                            .orElse(""))
                    .containsExactly(org.assertj.core.groups.Tuple.tuple(1, "boot", 2048L, "FAT16 ESP 1"),
                            org.assertj.core.groups.Tuple.tuple(3, "", 43_008L, ""));
            assertThat(ImageInspector.verify(image)).isEmpty();
        }
    }

    @Test
    void aDiskWhoseFirstTableIsGoneIsReadByItsSecond() throws IOException {
        Path disk = gpt();
        put(disk, 1, Files.write(directory.resolve("zeros"), new byte[512]));
        try (OpenImage image = open(disk)) {
            assertThat(texts(image.tree())).isEqualTo(Map.of("1/EFI/BOOT/a name.txt", "in ESP"));
        }
    }

    @Test
    void logicalPartitionsOfAMasterBootRecordAreFound() throws IOException {
        Path disk = directory.resolve("mbr.img");
        Tool.run("fdisk", directory, List.of("truncate", "-s", "64M", disk.toString()));
        Path script = Files.writeString(directory.resolve("script"), """
                label: dos
                start=2048, size=8192, type=c, bootable
                start=12288, size=90000, type=f
                start=14336, size=8192, type=83
                start=40960, size=20480, type=e
                """);
        Tool.run("fdisk", directory, script, List.of("sfdisk", "-q", disk.toString()));
        put(disk, 2048, fat("FIRST", 4));
        put(disk, 40_960, fat("LOGICAL", 10));
        try (OpenImage image = open(disk)) {
            assertThat(texts(image.tree())).isEqualTo(
                    Map.of("1/EFI/BOOT/a name.txt", "in FIRST", "6/EFI/BOOT/a name.txt", "in LOGICAL"));
            assertThat(image.tree().root().children().keySet()).containsExactly("1", "5.img", "6");
            assertThat(ImageInspector.verify(image)).isEmpty();
        }
    }

    @Test
    void logicalPartitionsThatLeadBackToThemselvesAreRefused() throws IOException {
        byte[] disk = new byte[1 << 20];
        disk[510] = disk[512 * 100 + 510] = 0x55;
        disk[511] = disk[512 * 100 + 511] = (byte) 0xAA;
        disk[450] = 0x0F;
        disk[454] = 100;
        disk[459] = 7;
        int at = 512 * 100;
        disk[at + 450] = (byte) 0x83;
        disk[at + 454] = 1;
        disk[at + 458] = 1;
        disk[at + 466] = 0x05;
        // the next table: 2^32 sectors further, that is here
        disk[at + 470] = 0;
        assertThat(AnyImage.tree(Content.of(disk)).root().children().keySet()).containsExactly("5.img");
        System.arraycopy(disk, at, disk, 512 * 300, 512);
        disk[at + 470] = (byte) 200;
        disk[512 * 300 + 470] = (byte) 200;
        assertThatThrownBy(() -> AnyImage.tree(Content.of(disk))).isInstanceOf(BadImageException.class)
                .hasMessageContaining("logical partition 7");
    }

    @Test
    void aQcow2ImageIsReadThroughQemu() throws IOException {
        Path raw = gpt();
        Path packed = directory.resolve("disk.qcow2");
        OpenImage.qcow2(raw, packed);
        assertThat(Tool.run("qemu-utils", directory, List.of("qemu-img", "check", packed.toString())))
                .contains("No errors");
        try (OpenImage image = open(packed)) {
            assertThat(texts(image.tree())).isEqualTo(Map.of("1/EFI/BOOT/a name.txt", "in ESP"));
            assertThat(ImageInspector.report(image).kind()).isEqualTo("qcow2 with disk");
            assertThat(image.content().size()).isEqualTo(64 << 20);
        }
        assertThat(directory.resolve("aside")).isEmptyDirectory();
    }

    @Test
    void aQcow2ImageThatIsALayerOverAnotherFileIsRefused() throws IOException {
        Files.writeString(directory.resolve("secret"), "s".repeat(65_536));
        Tool.run("qemu-utils", directory, List.of("qemu-img", "create", "-q", "-f", "qcow2", "-b",
                directory.resolve("secret").toString(), "-F", "raw", "layer.qcow2"));
        assertThatThrownBy(() -> open(directory.resolve("layer.qcow2"))).isInstanceOf(BadImageException.class)
                .hasMessageContaining("layer over another file");
        Tool.run("qemu-utils", directory, List.of("qemu-img", "create", "-q", "-f", "qcow2", "-o",
                "data_file=outside,data_file_raw=on", "data.qcow2", "1M"));
        assertThatThrownBy(() -> open(directory.resolve("data.qcow2"))).isInstanceOf(BadImageException.class)
                .hasMessageContaining("layer over another file");
    }

    @Test
    void aSquashfsIsReadThroughUnsquashfs() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("tree/a dir"));
        Files.writeString(tree.resolve("back\\slash and ünïcode"), "one");
        Files.writeString(tree.resolve("#hash"), "two");
        Files.createLink(tree.resolve("linked"), tree.resolve("#hash"));
        Files.createSymbolicLink(tree.resolve("sym link"), Path.of("#hash"));
        Tool.run("squashfs-tools", directory, List.of("mkfifo", tree.resolve("fifo").toString()));
        Tool.run("squashfs-tools", directory, List.of("mksquashfs", "tree", "made", "-quiet", "-no-progress"));
        try (OpenImage image = open(directory.resolve("made"))) {
            Tree found = image.tree();
            assertThat(texts(found)).isEqualTo(Map.of("a dir/back\\slash and ünïcode", "one", "a dir/#hash", "two",
                    "a dir/linked", "two"));
            assertThat(found.get("a dir/sym link").orElseThrow()).isInstanceOfSatisfying(Node.Symlink.class,
                    link -> assertThat(link.target()).isEqualTo("#hash"));
            assertThat(found.get("a dir/fifo").orElseThrow()).isInstanceOf(Node.Special.class);
            assertThat(ImageInspector.report(image).files().orElseThrow().files()).isEqualTo(3);
            IsoExtractor.extract(found, "a dir/#hash", directory.resolve("out"), _ -> {});
        }
        assertThat(directory.resolve("out/#hash")).hasContent("two");
        assertThat(directory.resolve("aside")).isEmptyDirectory();
    }

    @Test
    void ofAWindowsMediumTheTreeOfUdfIsTaken() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("win/sources"));
        Files.writeString(tree.resolve("A name that plain ISO 9660 would cut short.wim"), "image");
        Path note = Files.createDirectories(directory.resolve("win"));
        Files.writeString(note.resolve("setup.exe"), "setup");
        Tool.run("genisoimage", directory, List.of("genisoimage", "-quiet", "-udf", "-o", "win.iso", "win"));
        try (OpenImage image = open(directory.resolve("win.iso"))) {
            assertThat(image.kind()).isEqualTo(AnyImage.Kind.ISO_9660);
            assertThat(texts(image.tree())).isEqualTo(Map.of("setup.exe", "setup",
                    "sources/A name that plain ISO 9660 would cut short.wim", "image"));
            assertThat(new IsoInspector(image.content()).report().udf().orElseThrow().files()).isEqualTo(2);
        }
        IsoExtractor.extract(AnyImage.tree(Content.file(directory.resolve("win.iso"))), "", directory.resolve("out"),
                _ -> {});
        assertThat(directory.resolve("out/sources/A name that plain ISO 9660 would cut short.wim")).hasContent("image");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 511, 512, 600, 32_768, 40_000})
    void whatIsNoImageIsSaid(int size) throws IOException {
        Path file = Files.write(directory.resolve("nothing"), new byte[size]);
        try (OpenImage image = open(file)) {
            assertThat(image.kind()).isEqualTo(AnyImage.Kind.OTHER);
            assertThatThrownBy(image::tree).isInstanceOf(BadImageException.class).hasMessageContaining("no image");
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(file);
        }
    }

    @Test
    void aDamagedSquashfsIsRefusedAndLeavesNothing() throws IOException {
        Path file = Files.write(directory.resolve("bad"), ("hsqs" + "x".repeat(4000)).getBytes(UTF_8));
        assertThatThrownBy(() -> open(file)).isInstanceOf(IOException.class).hasMessageContaining("unsquashfs");
        assertThat(directory.resolve("aside")).isEmptyDirectory();
    }
}
