package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.ImageWriter;
import dev.kindling.iso.image.IsoImage;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Consumer;

/** Makes media: an image that can be read anywhere at once without being a file, or the file. */
public final class IsoBuilder {
    private static final long PROGRESS_NANOS = 100_000_000;

    private IsoBuilder() {}

    /**
     * The medium as it will be, without writing it: any part of it can be read, by many at once. Its files must stay as
     * they are while it is in use.
     *
     * @throws IllegalArgumentException where the medium cannot be made as it is asked for; the message says why
     */
    public static Content image(MediaSpec spec) throws IOException {
        Tree tree = spec.epoch().map(epoch -> spec.tree().withAttributes(each -> each.modified(epoch)))
                .orElse(spec.tree());
        IsoImage image = new IsoImage(tree, spec.label(), spec.epoch().orElseGet(() -> newest(spec.tree())));
        spec.bios().ifPresent(image::bios);
        spec.efi().ifPresent(image::efi);
        spec.mbr().ifPresent(image::mbr);
        return image.append(spec.appended()).content();
    }

    /** The newest time stamp of a tree: the time of a volume for which nobody gives one. */
    public static Instant newest(Tree tree) {
        Instant[] newest = {tree.root().attributes().modified()};
        tree.each(node -> {
            Instant modified = node.attributes().modified();
            if (node instanceof Node.File && modified.isAfter(newest[0])) {
                newest[0] = modified;
            }
        });
        return newest[0];
    }

    /**
     * Writes the medium to a file: either the whole of it is there in the end, or what was there before.
     *
     * @throws IllegalArgumentException as {@link #image} does
     * @throws IOException where something cannot be read or written, or changed meanwhile
     */
    public static void write(MediaSpec spec, Path output, Consumer<IsoEvent> events) throws IOException {
        write(image(spec), output, events);
    }

    /** Writes an image to a file, likewise: that of an ISO, of a disk or of anything else. */
    public static void write(Content image, Path output, Consumer<IsoEvent> events) throws IOException {
        events.accept(new IsoEvent.LaidOut(image.size()));
        long[] last = {System.nanoTime()};
        ImageWriter.write(image, output, done -> {
            if (System.nanoTime() - last[0] >= PROGRESS_NANOS) {
                last[0] = System.nanoTime();
                events.accept(new IsoEvent.Progressed(done, image.size()));
            }
        });
        events.accept(new IsoEvent.Finished(output, image.size()));
    }
}
