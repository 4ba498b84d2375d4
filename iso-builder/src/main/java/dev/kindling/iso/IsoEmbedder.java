package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.edit.CoreOs;
import dev.kindling.iso.edit.EmbedArea;
import dev.kindling.iso.edit.InPlace;
import dev.kindling.iso.edit.Md5Sums;
import dev.kindling.iso.edit.Media;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Puts a configuration into an installation medium. Where the medium has an area for that (ours and CoreOS'), a few
 * kilobytes are written at a known place, however large the image is. Media without one are changed through what their
 * installers look for, which makes a new image.
 */
public final class IsoEmbedder {
    /**
     * Where a configuration goes.
     *
     * @param mechanism for people: what reads it there
     * @param offset of the area in bytes; -1: there is none, and a new image has to be made
     * @param capacity of the area in bytes
     * @param config what is there now; empty where nothing is
     */
    public record Place(String mechanism, long offset, int capacity, byte[] config) {
        /** There is an area that is written in place. */
        public boolean inPlace() {
            return offset >= 0;
        }
    }

    private IsoEmbedder() {}

    /** The place of an image. */
    public static Place place(IsoReader reader) throws IOException {
        Optional<EmbedArea> own = EmbedArea.of(reader);
        if (own.isPresent()) {
            return new Place("Kindling's area, " + EmbedArea.PATH, own.get().offset(), own.get().capacity(),
                    own.get().config());
        }
        Optional<CoreOs> coreOs = CoreOs.of(reader);
        if (coreOs.isPresent()) {
            return new Place("CoreOS' embed area, config.ign", coreOs.get().offset(), coreOs.get().capacity(),
                    coreOs.get().config());
        }
        Media.Kind system = Media.of(reader).system();
        return new Place(switch (system) {
            case DEBIAN -> "Debian's preseed.cfg and kernel arguments";
            case UBUNTU -> "Ubuntu's autoinstall and kernel arguments";
            case RHEL -> "a kickstart file and kernel arguments";
            default -> throw new IOException("no place for a configuration is known in this image (" + system.title()
                    + "). " + remedy(system));
        }, -1, 0, new byte[0]);
    }

    private static String remedy(Media.Kind system) {
        return system == Media.Kind.TALOS
                ? "Talos reads it from a second medium: kindling iso seed --user-data CONFIG --label metal-iso -o "
                        + "SEED.iso, and kindling iso edit --kernel-args talos.config=metal-iso"
                : "Add the file that its installer looks for, and its kernel arguments: kindling iso edit --add FILE=PATH "
                        + "--kernel-args TEXT";
    }

    /**
     * Embeds in place: all of it or nothing, also where the machine stops in the middle.
     *
     * @param config empty: takes out what is there, which leaves the image as it was made
     * @throws IOException also where the configuration is too large for the area, with both sizes
     */
    public static Place embed(Path image, byte[] config) throws IOException {
        InPlace.recover(image);
        IsoReader reader = new IsoReader(Content.file(image));
        Place place = place(reader);
        if (!place.inPlace()) {
            throw new IOException("this image has no area for a configuration; it goes into " + place.mechanism()
                    + ", for which a new image is made: name it with -o OUT.iso");
        }
        InPlace.write(image, changes(reader, config));
        return place;
    }

    private static Map<Long, byte[]> changes(IsoReader reader, byte[] config) throws IOException {
        Optional<EmbedArea> own = EmbedArea.of(reader);
        if (own.isPresent()) {
            return own.get().with(config);
        }
        return CoreOs.of(reader).orElseThrow(() -> new IOException("the image has no embed area")).with(config);
    }

    /** Embeds into a new image. */
    public static Place embed(Path image, byte[] config, Path output, Consumer<IsoEvent> events) throws IOException {
        InPlace.recover(image);
        Content content = Content.file(image);
        Place place = place(new IsoReader(content));
        IsoBuilder.write(embedded(content, config, note -> events.accept(new IsoEvent.Noted("", note))), output,
                events);
        return place;
    }

    /**
     * An image with a configuration in it; nothing is written.
     *
     * @param notes hears what one may want to know
     */
    public static Content embedded(Content image, byte[] config, Consumer<String> notes) throws IOException {
        IsoReader reader = new IsoReader(image);
        Place place = place(reader);
        if (place.inPlace()) {
            return Md5Sums.overlaid(image, changes(reader, config));
        }
        if (config.length == 0) {
            throw new IOException("there is no area to clear; start with the image as the vendor made it");
        }
        IsoEditor editor = new IsoEditor(image);
        Instant now = reader.volume().modified();
        switch (Media.of(reader).system()) {
            case DEBIAN -> editor.add("preseed.cfg", file(config, now))
                    .kernelArguments("auto=true priority=critical file=/cdrom/preseed.cfg");
            case UBUNTU -> {
                if (new String(config, UTF_8).startsWith("#cloud-config")) {
                    editor.add("nocloud/user-data", file(config, now)).add("nocloud/meta-data", file(new byte[0], now))
                            .kernelArguments("autoinstall ds=nocloud;s=/cdrom/nocloud/");
                } else {
                    editor.add("autoinstall.yaml", file(config, now)).kernelArguments("autoinstall");
                }
            }
            case RHEL -> editor.add("ks.cfg", file(config, now)).kernelArguments(
                    "inst.ks=hd:LABEL=" + reader.volume().label().replace(" ", "\\x20") + ":/ks.cfg");
            default -> throw new IllegalStateException("no mechanism for " + place.mechanism());
        }
        Content edited = editor.image();
        editor.notes().forEach(notes);
        return edited;
    }

    private static Node.File file(byte[] bytes, Instant time) {
        return new Node.File(Node.Attributes.file(time), Content.of(bytes));
    }
}
