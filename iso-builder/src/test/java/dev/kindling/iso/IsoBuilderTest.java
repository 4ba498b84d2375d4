package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.FatImage;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import dev.kindling.iso.image.TreeScan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images, as programs of others read them. */
class IsoBuilderTest {
    private static final Instant TIME = Instant.parse("2026-03-04T05:06:07Z");

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void bsdtarFindsEveryNodeOfAnyTree(long seed) throws Exception {
        Tree tree = RandomTrees.of(seed, true);
        write(MediaSpec.of(tree, "RANDOM"));
        String listing = Tool.run("libarchive-tools", directory, List.of("bsdtar", "-cf", "-", "--format=mtree",
                "--options=!all,type,mode,uid,gid,time,size,link,device,sha256", "@image.iso"));
        Map<String, String> found = new TreeMap<>();
        for (String line : listing.lines().toList()) {
            if (line.startsWith("./") && !line.startsWith("./rr_moved ")) {
                int blank = line.indexOf(' ');
                found.put(unescape(line.substring(2, blank)), normal(line.substring(blank + 1)));
            }
        }
        Map<String, String> expected = new TreeMap<>();
        tree.walk((path, node) -> expected.put(path, mtree(node)));
        assertThat(found.entrySet()).as("seed %s", seed).containsExactlyInAnyOrderElementsOf(expected.entrySet());
    }

    /** Fields in alphabetical order. */
    private static String normal(String fields) {
        return String.join(" ", Stream.of(fields.split(" ", -1)).filter(field -> !field.isEmpty())
                .map(field -> field.startsWith("link=") ? "link=" + unescape(field.substring(5)) : field).sorted()
                .toList());
    }

    private static String unescape(String name) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) == '\\') {
                bytes.write(Integer.parseInt(name.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                bytes.write(name.charAt(i));
            }
        }
        return bytes.toString(UTF_8);
    }

    private static String mtree(Node node) {
        Node.Attributes attributes = node.attributes();
        List<String> fields = new ArrayList<>(List.of("mode=" + Integer.toOctalString(attributes.permissions()),
                "uid=" + attributes.uid(), "gid=" + attributes.gid(),
                "time=" + attributes.modified().getEpochSecond() + ".0"));
        switch (node) {
            case Node.Directory _ -> fields.add("type=dir");
            case Node.File file -> {
                fields.add("type=file");
                fields.add("size=" + file.content().size());
                fields.add("sha256digest=" + sha256(file.content()));
            }
            case Node.Symlink link -> {
                fields.add("type=link");
                fields.add("link=" + link.target());
            }
            case Node.Special special -> {
                switch (special.kind()) {
                    case CHARACTER_DEVICE -> fields.add("type=char");
                    case BLOCK_DEVICE -> fields.add("type=block");
                    default -> fields.add("type=fifo");
                }
                if (special.kind() != Node.Special.Kind.FIFO) {
                    fields.add("device=native," + special.major() + "," + special.minor());
                }
            }
        }
        Collections.sort(fields);
        return String.join(" ", fields);
    }

    private static String sha256(Content content) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            ByteBuffer buffer = ByteBuffer.allocate(70_001);
            for (long at = 0; at < content.size(); at += buffer.limit()) {
                buffer.clear();
                content.read(at, buffer);
                digest.update(buffer.flip());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13})
    void xorrisoExtractsWhatWentIn(long seed) throws IOException {
        Tree tree = RandomTrees.of(seed, false);
        write(MediaSpec.of(tree, "RANDOM"));
        Tool.run("xorriso", directory, List.of("xorriso", "-osirrox", "on", "-indev", "image.iso", "-extract", "/",
                "out"));
        Map<String, String> found = contents(TreeScan.of(directory.resolve("out")).tree());
        // what is too deep was moved from here, and xorriso leaves the empty place
        found.remove("rr_moved");
        assertThat(found.entrySet()).as("seed %s", seed)
                .containsExactlyInAnyOrderElementsOf(contents(tree).entrySet());
    }

    private static Map<String, String> contents(Tree tree) {
        Map<String, String> all = new TreeMap<>();
        tree.walk((path, node) -> all.put(path, switch (node) {
            case Node.Directory _ -> "directory";
            case Node.File file -> sha256(file.content()) + " " + file.attributes();
            case Node.Symlink link -> link.target();
            case Node.Special special -> special.kind().toString();
        }));
        return all;
    }

    @Test
    void jolietHasTheNamesThatWindowsShows() throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(TIME));
        tree.put("Mixed Case Name.txt", file("1")).put("star*.txt", file("2")).put("deep/er/plain.txt", file("3"));
        tree.put("link", new Node.Symlink(Node.Attributes.file(TIME), "x")).put("x".repeat(200), file("4"));
        write(MediaSpec.of(tree, "JOLIET"));
        String names = Tool.run("genisoimage", directory, List.of("isoinfo", "-J", "-f", "-i", "image.iso"));
        assertThat(names.lines()).containsExactlyInAnyOrder("/deep", "/deep/er", "/deep/er/plain.txt;1",
                "/Mixed Case Name.txt;1", "/star_.txt;1", "/" + "x".repeat(103) + ";1");
    }

    @Test
    void plainNamesAreSortedAndShort() throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(TIME));
        for (String name : List.of("isolinux.cfg", "ab.b1", "ab.b", "vmlinuz", "a-very-long-name-indeed-it-is-1.text",
                "a-very-long-name-indeed-it-is-2.text", "b", "B", "abc")) {
            tree.put(name, file(name));
        }
        write(MediaSpec.of(tree, "PLAIN"));
        assertThat(Tool.run("genisoimage", directory, List.of("isoinfo", "-f", "-i", "image.iso")).lines())
                .containsExactly("/AB.B;1", "/AB.B1;1", "/ABC.;1", "/A_VERY_LONG_NAME_INDEED000.TEXT;1",
                        "/A_VERY_LONG_NAME_INDEED_IT.TEXT;1", "/B.;1", "/B000.;1", "/ISOLINUX.CFG;1", "/VMLINUZ.;1");
    }

    @Test
    void hybridImagesSatisfyOtherPrograms() throws IOException {
        write(Media.isolinuxAndGrub(TIME));
        assertThat(Tool.run("gdisk", directory, List.of("sgdisk", "-v", "image.iso"))).contains("No problems found");
        String gpt = Tool.run("gdisk", directory, List.of("sgdisk", "-p", "image.iso"));
        assertThat(gpt).contains("EF00  EFI system");
        String report = Tool.run("xorriso", directory, List.of("xorriso", "-indev", "image.iso", "-report_el_torito",
                "plain", "-report_system_area", "plain"));
        assertThat(report).contains("El Torito boot img :   1  BIOS  y   none").contains("boot-info-table")
                .contains("isohybrid-suitable").contains("El Torito boot img :   2  UEFI  y   none")
                .contains("MBR isohybrid").contains("GPT");
        assertThat(Tool.run("xorriso", directory, List.of("xorriso", "-indev", "image.iso", "-check_media", "--")))
                .contains(", + good");
        assertThat(Tool.run("p7zip-full", directory, List.of("7z", "t", "image.iso"))).contains("Everything is Ok");
        assertThat(Tool.run("file", directory, List.of("file", "image.iso"))).contains("'KINDLING' (bootable)");
        long start = Long.parseLong(gpt.lines().filter(line -> line.contains("EF00")).findFirst().orElseThrow().strip()
                .split("\\s+", -1)[1]);
        try (RandomAccessFile image = new RandomAccessFile(directory.resolve("image.iso").toFile(), "r")) {
            image.seek(start * 512);
            Files.copy(Channels.newInputStream(image.getChannel()), directory.resolve("esp.img"));
        }
        Tool.run("dosfstools", directory, List.of("fsck.vfat", "-n", "esp.img"));
        assertThat(Tool.run("mtools", directory, List.of("mdir", "-b", "-i", "esp.img", "::/EFI/BOOT")))
                .contains("BOOTX64.EFI").containsIgnoringCase("GRUBX64.EFI");
    }

    @Test
    void aLargeEfiImageHasTheLoadCountZero() throws IOException {
        FatImage fat = new FatImage(FatImage.Kind.FAT32, 48 << 20, "EFI", 1, TIME);
        Tree tree = new Tree(Node.Attributes.directory(TIME));
        tree.put("efi.img", new Node.File(Node.Attributes.file(TIME), fat.content()));
        Content image = IsoBuilder.image(MediaSpec.of(tree, "LARGE").withEfi("efi.img"));
        byte[] catalogue = image.slice(20 * 2048, 2048).bytes();
        assertThat(catalogue[1]).isEqualTo((byte) 0xEF);
        assertThat(catalogue[32]).isEqualTo((byte) 0x88);
        assertThat(new byte[]{catalogue[38], catalogue[39]}).containsOnly(0);
        int sum = 0;
        for (int at = 0; at < 32; at += 2) {
            sum += (catalogue[at] & 0xFF) | ((catalogue[at + 1] & 0xFF) << 8);
        }
        assertThat(sum & 0xFFFF).isZero();
    }

    @Test
    void sameInputAndEpochGiveTheSameBytesAnywhere() throws Exception {
        List<String> names = new ArrayList<>(
                IntStream.range(0, 300).mapToObj(i -> "d" + i % 17 + "/file-" + i).toList());
        List<String> sums = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            Path from = Files.createDirectory(directory.resolve("from" + run));
            Collections.shuffle(names, new Random(run));
            for (String name : names) {
                Path file = from.resolve(name);
                Files.createDirectories(file.getParent());
                Files.writeString(file, name.repeat(100));
                Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L * (run + 1)));
            }
            Path image = directory.resolve("image" + run);
            IsoBuilder.write(MediaSpec.of(TreeScan.of(from).tree(), "SAME").withEpoch(TIME), image, _ -> {});
            sums.add(sha256(Content.file(image)));
        }
        assertThat(sums.get(0)).isEqualTo(sums.get(1));
    }

    /** Programs of their own: these are settings of a process. */
    @Test
    void anotherLocaleTimeZoneMaskAndUserGiveTheSameBytes() throws Exception {
        Path from = Files.createDirectories(directory.resolve("from/I and i"));
        for (String name : List.of("title.ini", "TITLE.txt", "İstanbul", "ünï", "z")) {
            Files.writeString(from.resolve(name), name);
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> sums = new ArrayList<>();
        for (String how : List.of("umask 022; LC_ALL=C.UTF-8 TZ=UTC", "umask 077; LC_ALL=C.UTF-8 TZ=Asia/Kathmandu",
                "umask 0; LC_ALL=C.UTF-8 TZ=America/St_Johns unshare -U")) {
            String locale = sums.size() == 1 ? "-Duser.language=tr -Duser.country=TR" : "-Duser.language=ar";
            String image = "image" + sums.size();
            Tool.run("util-linux", directory, List.of("sh", "-c", "chmod 777 . && " + how + " " + java + " " + locale
                    + " -cp '" + System.getProperty("java.class.path") + "' " + BuildOnce.class.getName() + " "
                    + directory.resolve("from") + " " + directory.resolve(image)));
            sums.add(sha256(Content.file(directory.resolve(image))));
        }
        assertThat(sums).containsOnly(sums.getFirst());
    }

    @Test
    void anyPartOfAnImageIsWhatTheFileHasThere() throws IOException {
        MediaSpec spec = MediaSpec.of(RandomTrees.of(21, true), "PARTS");
        write(spec);
        byte[] file = Files.readAllBytes(directory.resolve("image.iso"));
        Content image = IsoBuilder.image(spec);
        assertThat(image.size()).isEqualTo(file.length);
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            int from = random.nextInt(file.length);
            byte[] part = new byte[random.nextInt(Math.min(50_000, file.length - from))];
            image.readFully(from, ByteBuffer.wrap(part));
            assertThat(part).isEqualTo(java.util.Arrays.copyOfRange(file, from, from + part.length));
        }
        ByteArrayOutputStream streamed = new ByteArrayOutputStream();
        image.transferTo(1000, file.length - 2000, Channels.newChannel(streamed));
        assertThat(streamed.toByteArray()).isEqualTo(java.util.Arrays.copyOfRange(file, 1000, file.length - 1000));
        assertThat(image.read(file.length, ByteBuffer.allocate(1))).isEqualTo(-1);
    }

    @Test
    void aFileThatChangesWhileItIsReadStopsTheImageAndLeavesNothing() throws IOException {
        Path from = Files.createDirectory(directory.resolve("from"));
        Files.writeString(from.resolve("log"), "before");
        MediaSpec spec = MediaSpec.of(TreeScan.of(from).tree(), "CHANGED");
        Files.writeString(from.resolve("log"), "after it");
        assertThatIOException().isThrownBy(() -> write(spec)).withMessageContaining("log changed while the image was");
        Files.writeString(from.resolve("log"), "afters");
        Files.setLastModifiedTime(from.resolve("log"), FileTime.from(TIME));
        assertThatIOException().isThrownBy(() -> write(spec)).withMessageContaining("written to");
        assertThat(directory.toFile().list()).containsExactly("from");
    }

    @Test
    void aFullDiskLeavesNothing() throws IOException {
        Path small = Files.createDirectory(directory.resolve("small"));
        Path big = directory.resolve("big");
        try (RandomAccessFile file = new RandomAccessFile(big.toFile(), "rw")) {
            file.setLength(8 << 20);
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> unshare = System.getProperty("user.name").equals("root")
                ? List.of("unshare", "-m")
                : List.of("unshare", "-rm");
        String script = "mount -t tmpfs -o size=4m small " + small + " && echo old >" + small + "/image.iso && " + java
                + " -cp '" + System.getProperty("java.class.path") + "' " + FullDisk.class.getName() + " " + big + " "
                + small + "/image.iso; ls -A " + small + "; cat " + small + "/image.iso";
        String output = Tool.run("util-linux", directory,
                Stream.concat(unshare.stream(), Stream.of("sh", "-c", script)).toList());
        assertThat(output).contains("no room for " + small + "/image.iso").endsWith("\nimage.iso\nold\n");
    }

    @Test
    void largeFilesBeginWhereBlocksOfFileSystemsDo() throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(TIME));
        for (String name : List.of("a", "c", "e", "g")) {
            tree.put(name, file(name)).put(name + ".large", large(name));
        }

        Content image = IsoBuilder.image(MediaSpec.of(tree, "ALIGNED"));
        Content edited = new IsoEditor(image).add("b", file("b")).add("b.large", large("b")).add("d", file("d"))
                .add("d.large", large("d")).image();

        assertAligned(image, "a", "c", "e", "g");
        assertAligned(edited, "a", "b", "c", "d", "e", "g");
    }

    private static void assertAligned(Content image, String... names) throws IOException {
        IsoReader reader = new IsoReader(image);
        for (String name : names) {
            IsoReader.Entry file = reader.find(name + ".large").orElseThrow();
            assertThat(file.extents().getFirst().offset() % 4096).as(name).isZero();
            assertThat(reader.content(file).slice(0, 2).bytes()).as(name).containsExactly(name.charAt(0), 0);
        }
    }

    private static Node large(String text) {
        byte[] bytes = Arrays.copyOf(text.getBytes(UTF_8), (1 << 20) + 1);
        return new Node.File(Node.Attributes.file(TIME), Content.of(bytes));
    }

    /** In the long check, for not every machine of ours may mount; elsewhere the same bytes are copied. */
    @ParameterizedTest
    @ValueSource(strings = {"mkfs.xfs -q", "mkfs.btrfs -q"})
    @Tag("full")
    void largeFilesShareTheirBlocksWithTheImageWhereTheFileSystemCan(String mkfs) throws IOException {
        Path mounted = Files.createDirectory(directory.resolve("mounted"));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String script = "truncate -s 1G disk && " + mkfs + " disk >/dev/null 2>&1 && mount -o loop disk " + mounted
                + " && " + java
                + " --enable-native-access=ALL-UNNAMED -cp '" + System.getProperty("java.class.path") + "' "
                + SharedBlocks.class.getName() + " " + mounted + " && sync && filefrag -v " + mounted + "/*.iso";

        String output = Tool.run("xfsprogs, btrfs-progs", directory, List.of("unshare", "-m", "sh", "-c", script));

        assertThat(output).startsWith("done\n");
        // blocks of 4096 bytes, by extents: "0: 0.. 9: 40.. 49: 10: shared"
        Map<String, Long> shared = new HashMap<>();
        String file = "";
        for (String line : output.lines().toList()) {
            file = line.startsWith("File size of ") ? line.replaceFirst(".*/(.*\\.iso) .*", "$1") : file;
            Matcher extent = Pattern.compile(" *\\d+: *\\d+\\.\\. *\\d+: *\\d+\\.\\. *\\d+: *(\\d+):.*shared.*")
                    .matcher(line);
            if (extent.matches()) {
                shared.merge(file, Long.parseLong(extent.group(1)), Long::sum);
            }
        }
        long whole = (40 << 20) + (33 << 20) + (2 << 20);
        assertThat(shared).containsOnlyKeys("image.iso", "edited.iso").allSatisfy(
                (name, blocks) -> assertThat(blocks * 4096).as("%s %s", name, output).isGreaterThan(whole - (1 << 20)));
    }

    @Test
    void whatCannotBeMadeIsRefused() throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(TIME)).put("no-fat", file("x"));
        assertThatIllegalArgumentException().isThrownBy(() -> IsoBuilder.image(MediaSpec.of(tree, "x".repeat(33))))
                .withMessageContaining("1 to 32 characters");
        assertThatIllegalArgumentException().isThrownBy(() -> IsoBuilder.image(MediaSpec.of(tree, "ü")));
        assertThatIllegalArgumentException().isThrownBy(() -> IsoBuilder.image(MediaSpec.of(tree, "A").withBios("b")))
                .withMessageContaining("BIOS boot image b is no regular file");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> IsoBuilder.image(MediaSpec.of(tree, "A").withEfi("no-fat")))
                .withMessageContaining("no FAT file system");
        assertThatIllegalArgumentException().isThrownBy(() -> IsoBuilder.image(MediaSpec.of(tree, "A")
                .withMbr(Content.of("isolinux.bin missing or corrupt".getBytes(UTF_8)))))
                .withMessageContaining("--bios");
    }

    @Test
    void anImageTakesTheNameOfNoDeviceAndLeavesALinkALink() throws Exception {
        MediaSpec spec = MediaSpec.of(new Tree(Node.Attributes.directory(TIME)).put("a", file("x")), "A");
        Path pipe = directory.resolve("pipe");
        Tool.run("coreutils", directory, List.of("mkfifo", pipe.toString()));
        assertThatIOException().isThrownBy(() -> IsoBuilder.write(spec, pipe, _ -> {}))
                .withMessageContaining("is no regular file");
        assertThat(Files.readAttributes(pipe, java.nio.file.attribute.BasicFileAttributes.class).isOther()).isTrue();

        Path real = Files.writeString(directory.resolve("real.iso"), "old");
        Path link = Files.createSymbolicLink(directory.resolve("link.iso"), real);
        IsoBuilder.write(spec, link, _ -> {});
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Files.size(real)).isGreaterThan(3);
    }

    @Test
    @Tag("full")
    void aFileAboveFourGibibytesHasSeveralExtents() throws Exception {
        Path from = Files.createDirectory(directory.resolve("from"));
        byte[] end = "the end of it".getBytes(UTF_8);
        try (RandomAccessFile file = new RandomAccessFile(from.resolve("huge.bin").toFile(), "rw")) {
            file.setLength((4L << 30) + 12_345);
            file.seek(file.length());
            file.write(end);
        }
        Files.writeString(from.resolve("small"), "small");
        write(MediaSpec.of(TreeScan.of(from).tree(), "HUGE"));
        long size = Files.size(from.resolve("huge.bin"));
        assertThat(Tool.run("xorriso", directory, List.of("xorriso", "-indev", "image.iso", "-lsl", "/")))
                .contains(" " + size + " ");
        String listing = Tool.run("libarchive-tools", directory, List.of("bsdtar", "-cf", "-", "--format=mtree",
                "--options=!all,size,sha256", "@image.iso"));
        assertThat(listing).contains("size=" + size).contains(sha256(Content.file(from.resolve("huge.bin"))));
        assertThat(Tool.run("p7zip-full", directory, List.of("7z", "t", "image.iso"))).contains("Everything is Ok");
    }

    /** Where xorriso tells GRUB's image for CDs where it lies, we do: in its boot information and in its block list. */
    @Test
    void grubIsToldWhereItLiesAsXorrisoTellsIt() throws IOException {
        write(Media.grubForBios(directory, TIME));
        Path tree = Files.createDirectories(directory.resolve("grub/boot/grub"));
        Files.copy(directory.resolve("eltorito.img"), tree.resolve("eltorito.img"));
        Tool.run("xorriso", directory, List.of("xorriso", "-as", "mkisofs", "-R", "-o", "theirs.iso", "-b",
                "boot/grub/eltorito.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table",
                "--grub2-boot-info", "grub"));
        byte[] ours = grubAsItLies(directory.resolve("image.iso"));
        assertThat(ours).isEqualTo(grubAsItLies(directory.resolve("theirs.iso")))
                .isNotEqualTo(Files.readAllBytes(directory.resolve("eltorito.img")));
    }

    /** The image, with the two places taken out that say where this one is, once they are found to be right. */
    private static byte[] grubAsItLies(Path iso) throws IOException {
        IsoReader reader = new IsoReader(Content.file(iso));
        long at = reader.bootCatalogue().orElseThrow().entries().getFirst().offset();
        byte[] bytes = reader.bytes(reader.file("boot/grub/eltorito.img"));
        ByteBuffer grub = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(grub.getInt(12)).isEqualTo((int) (at / 2048));
        assertThat(grub.getLong(2548)).isEqualTo(at / 512 + 5);
        // the sum is over both
        assertThat(grub.getInt(20)).isEqualTo(sum(grub));
        grub.putInt(12, 0).putInt(20, 0).putLong(2548, 0);
        return bytes;
    }

    private static int sum(ByteBuffer image) {
        int sum = 0;
        for (int at = 64; at + 4 <= image.capacity(); at += 4) {
            sum += image.getInt(at);
        }
        return sum;
    }

    private void write(MediaSpec spec) throws IOException {
        IsoBuilder.write(spec, directory.resolve("image.iso"), _ -> {});
    }

    private static Node file(String text) {
        return new Node.File(Node.Attributes.file(TIME), Content.of(text.getBytes(UTF_8)));
    }
}
