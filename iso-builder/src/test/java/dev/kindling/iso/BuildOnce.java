package dev.kindling.iso;

import dev.kindling.iso.image.TreeScan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/** Builds an image of a directory in a process of its own. */
final class BuildOnce {
    private BuildOnce() {}

    public static void main(String[] args) throws IOException {
        IsoBuilder.write(MediaSpec.of(TreeScan.ofRoot(Path.of(args[0])).tree(), "ONCE")
                .withEpoch(Instant.ofEpochSecond(1_767_225_600)), Path.of(args[1]), _ -> {});
    }
}
