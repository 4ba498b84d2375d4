package dev.kindling.iso.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.iso.IsoInspector;
import dev.kindling.iso.Tool;
import dev.kindling.iso.archive.CpioEntry;
import dev.kindling.iso.archive.CpioReader;
import dev.kindling.iso.archive.CpioWriter;
import dev.kindling.iso.archive.Initramfs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

/**
 * Damaged images get an {@link IOException}, never another exception, a loop, or more work than the image is large.
 * {@code -Dfuzz.inputs=1000000} makes more of them, {@code -Dfuzz.seed} others.
 */
class FuzzTest {
    private static final int INPUTS = Integer.getInteger("fuzz.inputs", 20_000);
    private static final long SEED = Long.getLong("fuzz.seed", 20261121L);

    @TempDir
    Path directory;

    /** What a reader does with an image. */
    private interface Reading {
        void read(Content image) throws IOException;
    }

    /** Counts what is read, so that a loop is noticed without a clock. */
    private static final class Counted implements Content {
        private final byte[] bytes;
        private long read;

        Counted(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public long size() {
            return bytes.length;
        }

        @Override
        public int read(long position, ByteBuffer target) {
            if (position >= bytes.length) {
                return target.hasRemaining() ? -1 : 0;
            }
            int length = (int) Math.min(target.remaining(), bytes.length - position);
            target.put(bytes, (int) position, length);
            read += Math.max(length, 64);
            assertThat(read).as("bytes read of an image of %d", bytes.length).isLessThan(2000L * 1024 * 1024);
            return length;
        }
    }

    /**
     * @param places bytes that matter: mutations hit them, not content
     */
    private static void fuzz(String what, byte[] original, int[][] places, int inputs, Reading reading)
            throws IOException {
        Random random = new Random(SEED ^ what.hashCode());
        int refused = 0;
        for (int i = 0; i < inputs; i++) {
            byte[] image = original.clone();
            int count = 1 + random.nextInt(4);
            StringBuilder done = new StringBuilder();
            for (int change = 0; change < count; change++) {
                int[] range = places[random.nextInt(places.length)];
                int at = range[0] + random.nextInt(range[1]);
                switch (random.nextInt(5)) {
                    case 0 -> image[at] = (byte) random.nextInt(256);
                    case 1 -> image[at] ^= (byte) (1 << random.nextInt(8));
                    case 2 -> image[at] = (byte) (random.nextBoolean() ? 0xFF : 0);
                    case 3 -> {
                        int from = range[0] + random.nextInt(range[1]);
                        int length = Math.min(1 + random.nextInt(40), image.length - Math.max(at, from));
                        System.arraycopy(original, from, image, at, length);
                    }
                    default -> {
                        if (at + 4 <= image.length) {
                            ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN).putInt(at,
                                    random.nextBoolean() ? random.nextInt(2000) : random.nextInt());
                        }
                    }
                }
                done.append(at).append(' ');
            }
            if (random.nextInt(20) == 0) {
                image = Arrays.copyOf(image, random.nextInt(image.length));
            }
            try {
                reading.read(new Counted(image));
            } catch (IOException e) {
                assertThat(e).hasMessageNotContaining("null");
                refused++;
            } catch (RuntimeException | Error e) {
                // other programs put the time and random identifiers into the original: the seed alone does not give it
                // again
                Path kept = Files.write(Files.createTempFile("kindling-fuzz-", ".image"), image);
                throw new AssertionError(
                        what + ": input " + i + " of seed " + SEED + ", changed at " + done + "; it is "
                                + kept,
                        e);
            }
        }
        assertThat(refused).as("inputs that are refused, else nothing was hit").isBetween(1, inputs);
    }

    private static void readAll(Content image) throws IOException {
        IsoReader reader = new IsoReader(image);
        reader.walk(reader.root(), entry -> {
            if (entry.kind() == IsoReader.Kind.FILE && entry.size() < 4096) {
                reader.content(entry).bytes();
            }
        });
        if (reader.allNames().contains(IsoReader.Names.JOLIET)) {
            IsoReader joliet = new IsoReader(image, Optional.of(IsoReader.Names.JOLIET));
            joliet.walk(joliet.root(), _ -> {});
        }
        reader.bootCatalogue();
        reader.partitions();
    }

    /** Where the directories, tables and descriptors of an image are. */
    private static int[][] structures(byte[] bytes) throws IOException {
        IsoReader reader = new IsoReader(Content.of(bytes));
        List<int[]> places = new ArrayList<>(List.of(new int[]{0, 2048}, new int[]{32_768, 5 * 2048}));
        reader.walk(reader.root(), entry -> {
            if (entry.kind() == IsoReader.Kind.DIRECTORY) {
                places.add(new int[]{(int) entry.extents().getFirst().offset(), 2048});
            }
        });
        int root = (int) reader.root().extents().getFirst().offset();
        places.add(new int[]{root, 2048});
        places.add(new int[]{root, 2048});
        reader.bootCatalogue().ifPresent(c -> places.add(new int[]{(int) c.at(), 256}));
        return places.toArray(int[][]::new);
    }

    private Path smallTree() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("small"));
        Files.createDirectories(tree.resolve("a/b/c/d/e/f/g/h/i"));
        Files.writeString(tree.resolve("a/b/c/d/e/f/g/h/i/deep"), "deep");
        Files.writeString(tree.resolve("n".repeat(240)), "long");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("x/".repeat(120) + "y"));
        Files.createSymbolicLink(tree.resolve("short"), Path.of("a/b"));
        return tree;
    }

    @Test
    void damagedImagesOfXorrisoAndGenisoimageAreRefusedOrRead() throws IOException {
        Path tree = smallTree();
        byte[] theirs = Files.readAllBytes(Isos.xorriso(directory, tree, "small.iso"));
        byte[] others = Files.readAllBytes(Isos.genisoimage(directory, tree, "-R", "-J"));
        fuzz("xorriso", theirs, structures(theirs), INPUTS / 4, FuzzTest::readAll);
        fuzz("genisoimage", others, structures(others), INPUTS / 4, FuzzTest::readAll);
    }

    @Test
    void damagedBootableImagesAreRefusedOrInspected() throws IOException {
        byte[] hybrid = Files.readAllBytes(Isos.debian(directory, Isos.bootTree(directory)));
        fuzz("hybrid", hybrid, structures(hybrid), INPUTS / 40, image -> {
            readAll(image);
            new IsoInspector(image).report();
        });
    }

    @Test
    void damagedImagesOfOurOwnAreRefusedOrRead() throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(Isos.TIME));
        tree.put("a/b/c/d/e/f/g/h/i/j", new Node.File(Node.Attributes.file(Isos.TIME), Content.of(new byte[10])));
        tree.put("l", new Node.Symlink(Node.Attributes.file(Isos.TIME), "../x/" + "y".repeat(300)));
        byte[] ours = new IsoImage(tree, "FUZZ", Isos.TIME).content().bytes();
        fuzz("ours", ours, structures(ours), INPUTS / 4, FuzzTest::readAll);
    }

    @Test
    void damagedFileSystemsAreRefusedOrRead() throws IOException {
        Path image = directory.resolve("fat");
        Tool.run("dosfstools", directory, List.of("mkfs.vfat", "-C", image.toString(), "200"));
        Path file = Files.write(directory.resolve("A long name.txt"), new byte[3000]);
        Tool.run("mtools", directory, List.of("mmd", "-i", image.toString(), "::/dir", "::/dir/below"));
        Tool.run("mtools", directory, List.of("mcopy", "-i", image.toString(), file.toString(), "::/dir/below/"));
        byte[] fat = Files.readAllBytes(image);
        fuzz("FAT", fat, new int[][]{{0, 96}, {512, 600}, {1536, 512}, {fat.length / 20, fat.length / 10}, {0, 9000}},
                INPUTS / 4, content -> {
                    FatReader reader = new FatReader(content);
                    for (FatReader.Entry entry : reader.entries()) {
                        if (!entry.directory()) {
                            reader.content(entry.path());
                        }
                    }
                });
    }

    /** Half of them with checksums made right again: only so the readers behind these are reached. */
    @Test
    void damagedUdfIsRefusedOrRead() throws IOException {
        Path tree = Files.createDirectories(directory.resolve("udf/a/b"));
        Files.writeString(tree.resolve("file"), "content");
        Files.writeString(tree.resolve("n".repeat(200)), "long");
        byte[] udf = Files.readAllBytes(Isos.genisoimage(directory, directory.resolve("udf"), "-udf"));
        List<int[]> places = new ArrayList<>();
        for (int at = 0; at < udf.length; at += 2048) {
            int tag = (udf[at] & 0xFF) | ((udf[at + 1] & 0xFF) << 8);
            if (at >= 32 * 2048 && tag != 0 && udf[at + 2] == 2) {
                places.add(new int[]{at, tag == 5 || tag == 6 ? 512 : 400});
            }
        }
        boolean[] sealed = new boolean[1];
        fuzz("UDF", udf, places.toArray(int[][]::new), INPUTS / 20, image -> {
            sealed[0] = !sealed[0];
            Content read = sealed[0] ? new Counted(sealed(image.bytes())) : image;
            new UdfReader(read).tree().each(node -> {
                if (node instanceof Node.File file && file.content().size() < 4096) {
                    try {
                        file.content().bytes();
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            });
        });
    }

    private static byte[] sealed(byte[] image) {
        ByteBuffer out = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 32 * 2048; at + 2048 <= image.length; at += 2048) {
            if (out.getShort(at) != 0 && out.get(at + 2) == 2) {
                UdfReaderTest.seal(out, at, Math.min(Short.toUnsignedInt(out.getShort(at + 10)), 2032));
            }
        }
        return image;
    }

    @Test
    void damagedDisksAreRefusedOrRead() throws IOException {
        byte[] disk = new byte[4 << 20];
        Path file = Files.write(directory.resolve("disk"), disk);
        Path script = Files.writeString(directory.resolve("script"), """
                label: dos
                start=64, size=1000, type=c
                start=2048, size=6000, type=f
                start=2112, size=500, type=83
                start=4096, size=500, type=83
                start=6144, size=500, type=83
                """);
        Tool.run("fdisk", directory, script, List.of("sfdisk", "-q", file.toString()));
        fuzz("disk", Files.readAllBytes(file),
                new int[][]{{446, 66}, {2048 * 512 + 446, 66}, {3584 * 512 + 446, 66}, {5632 * 512 + 446, 66}},
                INPUTS / 20, image -> dev.kindling.iso.AnyImage.tree(image));
    }

    @Test
    void damagedPartitionTablesAreToldAsTheyAre() throws IOException {
        byte[] disk = Files.readAllBytes(Isos.ubuntu(directory, Isos.bootTree(directory)));
        fuzz("GPT", Arrays.copyOf(disk, 200_000), new int[][]{{440, 72}, {512, 92}, {1024, 512}}, INPUTS / 8,
                image -> {
                    PartitionTables tables = PartitionTables.read(image);
                    if (tables.gpt().isEmpty() || !tables.gpt().get().problems().isEmpty()) {
                        throw new IOException("found");
                    }
                });
    }

    @Test
    void damagedArchivesAreRefusedOrRead() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (CpioWriter writer = new CpioWriter(out, Instant.EPOCH)) {
            writer.directory("etc", 0755);
            writer.file("etc/file", 0644, new byte[100]);
            writer.symlink("link", "etc/file");
        }
        fuzz("cpio", out.toByteArray(), new int[][]{{0, out.size()}}, INPUTS / 2, image -> {
            CpioReader reader = new CpioReader(new ByteArrayInputStream(image.bytes()), 1 << 20);
            for (Optional<CpioEntry> each = reader.next(); each.isPresent(); each = reader.next()) {
                assertThat(each.get().content().length).isLessThanOrEqualTo(1 << 20);
            }
        });
    }

    @Test
    void damagedInitramfsAreRefusedOrRead() throws IOException {
        for (Initramfs.Compression each : Initramfs.Compression.values()) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int i = 0; i < 3; i++) {
                Initramfs.append(out, each, Instant.EPOCH, archive -> {
                    archive.directories("a/b");
                    archive.file("a/b/file", 0644, new byte[3000]);
                });
            }
            fuzz(each + " initramfs", out.toByteArray(), new int[][]{{0, out.size()}}, INPUTS / 20, image -> {
                Initramfs initramfs = new Initramfs(new ByteArrayInputStream(image.bytes()), 1 << 20);
                int entries = 0;
                while (initramfs.next().isPresent()) {
                    entries++;
                }
                assertThat(entries).isLessThan(100);
            });
        }
    }
}
