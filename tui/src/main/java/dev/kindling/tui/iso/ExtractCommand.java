package dev.kindling.tui.iso;

import dev.kindling.iso.IsoExtractor;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.tui.cli.Cli;
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
        "Nothing is written outside of DIR: links that lead out of it are left out, and said."})
final class ExtractCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Parameters(index = "0", paramLabel = "IN.iso", description = "the image")
    Path image = Path.of("");

    @Parameters(index = "1", arity = "0..1", paramLabel = "PATH", description = "a file or directory in it (default: everything)")
    String path = "";

    @Option(names = "--to", paramLabel = "DIR", required = true, description = "where to; made where it is missing")
    Path to = Path.of("");

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "extract runs below iso").cli();
        return Refusals.run("kindling iso extract", () -> IsoExtractor.extract(
                new IsoReader(Content.file(cli.world().directory().resolve(image))), path,
                cli.world().directory().resolve(to), new BuildScreen(cli)));
    }
}
