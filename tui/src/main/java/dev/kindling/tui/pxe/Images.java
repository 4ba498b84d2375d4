package dev.kindling.tui.pxe;

import dev.kindling.engine.boot.ServedImage;
import dev.kindling.iso.BootFiles;
import dev.kindling.iso.IsoBuilder;
import dev.kindling.iso.IsoEditor;
import dev.kindling.iso.IsoEmbedder;
import dev.kindling.iso.MediaSpec;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.TreeScan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The images of {@code --iso}: of a directory, or a vendor's with a configuration; none of them becomes a file. */
final class Images {
    private static final Pattern OPTION = Pattern.compile(
            "(?<name>[^=,]+)=(?<source>[^,]+)(,config=(?<config>[^,]+))?(,kernel-args=(?<arguments>.+))?");

    private Images() {}

    /**
     * Lays the images out.
     *
     * @param directory that relative paths are resolved against
     * @param notes hears what one may want to know
     * @throws IllegalArgumentException where an option is not one
     */
    static Map<String, ServedImage> of(List<String> options, Path directory, Consumer<String> notes)
            throws IOException {
        Map<String, ServedImage> images = new LinkedHashMap<>();
        for (String option : options) {
            Matcher found = OPTION.matcher(option);
            if (!found.matches()) {
                throw new IllegalArgumentException("--iso " + option
                        + ": expected NAME=DIR, or NAME=FILE with ,config=FILE and ,kernel-args=TEXT where they are wanted");
            }
            String name = found.group("name");
            Path source = directory.resolve(found.group("source"));
            String config = found.group("config");
            ServedImage image = ServedImage.of(image(source, config == null ? null : directory.resolve(config),
                    found.group("arguments"), note -> notes.accept(name + ": " + note)));
            if (images.put(name.startsWith("/") ? name.substring(1) : name, image) != null) {
                throw new IllegalArgumentException("--iso " + name + " is given twice");
            }
        }
        return images;
    }

    private static Content image(Path source, @Nullable Path config, @Nullable String arguments,
            Consumer<String> notes) throws IOException {
        Content image;
        if (Files.isDirectory(source)) {
            TreeScan.Result scan = TreeScan.ofRoot(source);
            scan.skipped()
                    .forEach(path -> notes.accept(path + " is left out: a socket is nothing without its program"));
            MediaSpec spec = BootFiles.found(MediaSpec.of(scan.tree(),
                    MediaSpec.label(source)));
            if (spec.bios().isEmpty() && spec.efi().isEmpty() && spec.appended().isEmpty()) {
                notes.accept("no boot files were found in " + source + ": machines will not boot it");
            }
            image = IsoBuilder.image(spec);
        } else {
            image = Content.file(source);
        }
        if (config != null) {
            image = IsoEmbedder.embedded(image, Files.readAllBytes(config), notes);
        }
        if (arguments == null) {
            return image;
        }
        IsoEditor editor = new IsoEditor(image).kernelArguments(arguments);
        Content edited = editor.image();
        editor.notes().forEach(notes);
        return edited;
    }
}
