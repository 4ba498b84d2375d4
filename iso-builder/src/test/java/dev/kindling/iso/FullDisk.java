package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/** Writes a file to an image and prints what went wrong; runs where the disk is small. */
final class FullDisk {
    private FullDisk() {}

    public static void main(String[] args) throws IOException {
        Tree tree = new Tree(Node.Attributes.directory(Instant.EPOCH)).put("big",
                new Node.File(Node.Attributes.file(Instant.EPOCH), Content.file(Path.of(args[0]))));
        try {
            IsoBuilder.write(MediaSpec.of(tree, "BIG"), Path.of(args[1]), _ -> {});
        } catch (IOException e) {
            System.out.println(e.getMessage());
        }
    }
}
