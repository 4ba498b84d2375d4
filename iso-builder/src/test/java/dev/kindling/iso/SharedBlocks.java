package dev.kindling.iso;

import dev.kindling.iso.edit.Md5Sums;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.TreeScan;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Random;

/**
 * Makes an image of large files, changes one of them, makes another image of the first, and prints what of the two is
 * not as it must be; runs where the file system can share blocks.
 */
final class SharedBlocks {
    /** Whole blocks, parts of blocks, and what is too small to share. */
    private static final List<Integer> SIZES = List.of(40 << 20, (33 << 20) + 1, 1 << 20, (1 << 20) + 2047, 5000, 1);

    private SharedBlocks() {}

    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        Path from = Files.createDirectory(directory.resolve("from"));
        for (int size : SIZES) {
            byte[] bytes = new byte[size];
            new Random(size).nextBytes(bytes);
            Files.write(from.resolve("of-" + size), bytes);
        }
        Path image = directory.resolve("image.iso");
        long[] told = {0};
        IsoBuilder.write(MediaSpec.of(TreeScan.of(from).tree(), "SHARED"), image, event -> {
            if (event instanceof IsoEvent.Finished finished) {
                told[0] = finished.bytes();
            }
        });
        if (told[0] != Files.size(image)) {
            System.out.println("said to have " + told[0] + " bytes, has " + Files.size(image));
        }
        String first = Md5Sums.digest(Content.file(image), "SHA-256");
        Path edited = directory.resolve("edited.iso");
        new IsoEditor(Content.file(image))
                .add("new", new Node.File(Node.Attributes.file(Instant.EPOCH), Content.of(new byte[]{1, 2, 3})))
                .write(edited, _ -> {});
        compare(image, from);
        compare(edited, from);
        try (RandomAccessFile file = new RandomAccessFile(from.resolve("of-" + SIZES.getFirst()).toFile(), "rw")) {
            file.write(new byte[10_000]);
        }
        if (!Md5Sums.digest(Content.file(image), "SHA-256").equals(first)) {
            System.out.println("the image changed with the file it was made of");
        }
        System.out.println("done");
    }

    private static void compare(Path image, Path from) throws IOException {
        IsoReader reader = new IsoReader(Content.file(image));
        for (int size : SIZES) {
            String name = "of-" + size;
            Content made = ((Node.File) reader.tree().get(name).orElseThrow()).content();
            if (!Md5Sums.digest(made, "SHA-256").equals(Md5Sums.digest(Content.file(from.resolve(name)), "SHA-256"))) {
                System.out.println(image + " has another " + name);
            }
        }
    }
}
