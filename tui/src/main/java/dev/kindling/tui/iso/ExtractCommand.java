package dev.kindling.tui.iso;

import dev.kindling.iso.IsoExtractor;
import dev.kindling.iso.OpenImage;
import dev.kindling.tui.cli.Cli;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso extract}. */
@Command(name = "extract", description = {"Takes files out of an image.",
        "Of a disk each partition is a directory, or a file where it is not read.",
        "Nothing is written outside of DIR: links that lead out of it are left out, and said."})
final class ExtractCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Parameters(index = "0", paramLabel = "IN.iso", description = "the image: ISO, UDF, FAT, a disk, qcow2, squashfs")
    Path image = Path.of("");

    @Parameters(index = "1", arity = "0..1", paramLabel = "PATH", description = "a file or directory in it (default: everything)")
    String path = "";

    @Option(names = "--to", paramLabel = "DIR", required = true, description = "where to; made where it is missing")
    Path to = Path.of("");

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "extract runs below iso").cli();
        return Refusals.run("kindling iso extract", () -> extract(cli));
    }

    private void extract(Cli cli) throws IOException {
        Path target = cli.world().directory().resolve(to);
        try (OpenImage open = OpenImage.of(cli.world().directory().resolve(image), target)) {
            IsoExtractor.extract(open.tree(), path, target, new BuildScreen(cli));
        }
    }
}
