package dev.kindling.tui.iso;

import dev.kindling.iso.IsoEditor;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.TreeScan;
import dev.kindling.tui.cli.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso edit}. */
@Command(name = "edit", description = {"Changes an image; the result boots exactly as before.",
        "Lists of checksums in the image are brought up to date."})
final class EditCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Parameters(paramLabel = "IN.iso", description = "the image; it is not changed")
    Path image = Path.of("");

    @Option(names = {"-o", "--output"}, paramLabel = "OUT.iso", required = true, description = "the changed image")
    Path output = Path.of("");

    @Option(names = "--add", paramLabel = "SRC=PATH", description = "a file or directory, and its place in the image; again for more")
    List<String> add = new ArrayList<>();

    @Option(names = "--remove", paramLabel = "PATH", description = "take a file or directory out; again for more")
    List<String> remove = new ArrayList<>();

    @Option(names = "--replace", paramLabel = "SRC=PATH", description = "give a file of the image another content; again for more")
    List<String> replace = new ArrayList<>();

    @Option(names = "--kernel-args", paramLabel = "TEXT", description = "kernel arguments for every entry of the boot menus")
    @Nullable
    String kernelArguments;

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "edit runs below iso").cli();
        return Refusals.run("kindling iso edit", () -> edit(cli));
    }

    private void edit(Cli cli) throws IOException {
        if (add.isEmpty() && remove.isEmpty() && replace.isEmpty() && kernelArguments == null) {
            throw new IllegalArgumentException(
                    "nothing to change: give --add, --remove, --replace or --kernel-args");
        }
        IsoEditor editor = new IsoEditor(Content.file(cli.world().directory().resolve(image)));
        for (String path : remove) {
            editor.remove(inside(path));
        }
        for (String each : replace) {
            Pair pair = pair(each, "--replace");
            editor.replace(pair.path(), Content.file(cli.world().directory().resolve(pair.source())));
        }
        for (String each : add) {
            Pair pair = pair(each, "--add");
            editor.add(pair.path(), node(cli.world().directory().resolve(pair.source())));
        }
        if (kernelArguments != null) {
            editor.kernelArguments(kernelArguments);
        }
        editor.write(cli.world().directory().resolve(output), new BuildScreen(cli));
    }

    private static Node node(Path source) throws IOException {
        if (Files.isDirectory(source)) {
            return TreeScan.ofRoot(source).tree().root();
        }
        return new Node.File(Node.Attributes.file(Files.getLastModifiedTime(source).toInstant()), Content.file(source));
    }

    private record Pair(String source, String path) {}

    private static Pair pair(String text, String option) {
        int equals = text.lastIndexOf('=');
        if (equals < 1 || equals == text.length() - 1) {
            throw new IllegalArgumentException(
                    option + " " + text + ": expected SRC=PATH, a file here and its place in the image");
        }
        return new Pair(text.substring(0, equals), inside(text.substring(equals + 1)));
    }

    /** People write paths in an image with a slash in front, and directories with one behind. */
    private static String inside(String path) {
        String bare = path.replaceAll("^/+|/+$", "");
        if (bare.isEmpty()) {
            throw new IllegalArgumentException("'" + path + "' is no path in an image");
        }
        return bare;
    }
}
