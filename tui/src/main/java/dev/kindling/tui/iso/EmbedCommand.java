package dev.kindling.tui.iso;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.IsoEmbedder;
import dev.kindling.iso.edit.InPlace;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.tui.cli.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso embed}. */
@Command(name = "embed", description = {"Puts a configuration into an image: a few kilobytes, in place.",
        "Kindling's own media and CoreOS have an area for that. For Debian, Ubuntu and Red Hat alike a new image is made with -o."})
final class EmbedCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Parameters(paramLabel = "IN.iso", description = "the image")
    Path image = Path.of("");

    @ArgGroup(multiplicity = "1")
    Action action = new Action();

    @Option(names = {"-o",
            "--output"}, paramLabel = "OUT.iso", description = "a new image, and leave IN.iso as it is (default: in place)")
    @Nullable
    Path output;

    /** One of three. */
    static final class Action {
        @Option(names = "--config", paramLabel = "FILE", description = "what to embed: answers, Ignition, preseed, autoinstall, kickstart")
        @Nullable
        Path config;

        @Option(names = "--show", description = "print what is embedded")
        boolean show;

        @Option(names = "--clear", description = "take it out: the image is byte for byte as it was made")
        boolean clear;
    }

    /** The result for programs. */
    record Result(String mechanism, long offset, int capacity, int bytes, @Nullable String config) {}

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "embed runs below iso").cli();
        return Refusals.run("kindling iso embed", () -> embed(cli));
    }

    private void embed(Cli cli) throws IOException {
        Path in = cli.world().directory().resolve(image);
        if (InPlace.recover(in)) {
            cli.remark("an embedding that was cut off is undone: " + image + " is as it was before");
        }
        if (action.show) {
            IsoEmbedder.Place place = IsoEmbedder.place(new IsoReader(Content.file(in)));
            String text = new String(place.config(), UTF_8);
            cli.say(text.isEmpty() || text.endsWith("\n") ? text : text + "\n");
            cli.json(new Result(place.mechanism(), place.offset(), place.capacity(), place.config().length, text));
            return;
        }
        Path file = action.config;
        byte[] config = file == null ? new byte[0] : Files.readAllBytes(cli.world().directory().resolve(file));
        if (file != null && config.length == 0) {
            throw new IllegalArgumentException(file + " is empty; --clear takes out what is embedded");
        }
        if (output != null) {
            IsoEmbedder.embed(in, config, cli.world().directory().resolve(output), new BuildScreen(cli));
            return;
        }
        IsoEmbedder.Place place = IsoEmbedder.embed(in, config);
        cli.tell("%s: %s%n".formatted(image, file == null
                ? "cleared"
                : "%d bytes in %s".formatted(config.length, place.mechanism())));
        cli.json(new Result(place.mechanism(), place.offset(), place.capacity(), config.length, null));
    }
}
