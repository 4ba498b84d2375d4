package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.kindling.iso.edit.KernelArguments;
import dev.kindling.iso.edit.Md5Sums;
import dev.kindling.iso.edit.Media;
import dev.kindling.iso.image.BadImageException;
import dev.kindling.iso.image.BootCatalogue;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.FatReader;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.IsoRevision;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Changes an installation medium without unpacking it: the result boots exactly as before. Ask for changes, then take
 * {@link #image} (nothing is written) or {@link #write}.
 */
public final class IsoEditor {
    private final IsoReader reader;
    private final Tree tree;
    private final Map<String, Optional<Content>> changed = new LinkedHashMap<>();
    private final Map<Long, byte[]> patches = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * Reads the tree of an image; its content must stay as it is while the editor is in use.
     *
     * @throws BadImageException where it is no such image, or has its files in UDF (Windows' media)
     */
    public IsoEditor(Content image) throws IOException {
        reader = new IsoReader(image);
        if (reader.hasUdf()) {
            if (reader.names() != IsoReader.Names.ROCK_RIDGE) {
                throw new BadImageException("the medium has its files in UDF, and only ISO 9660 can be changed", -1,
                        "a medium with Rock Ridge", "extract it, change the files, and make a new medium of them");
            }
            notes.add("the medium has UDF besides, which keeps showing the old files: Linux and boot loaders look at "
                    + "ISO 9660, Windows does not");
        }
        tree = reader.tree();
    }

    /** Adds a file or a whole tree, in the place of what is there. */
    public IsoEditor add(String path, Node node) {
        tree.put(path, node);
        if (node instanceof Node.File file) {
            changed.put(path, Optional.of(file.content()));
        } else if (node instanceof Node.Directory) {
            tree.walk((each, below) -> {
                if (each.startsWith(path + "/") && below instanceof Node.File file) {
                    changed.put(each, Optional.of(file.content()));
                }
            });
        }
        return this;
    }

    /**
     * Gives a file another content.
     *
     * @throws FileNotFoundException where there is no such file
     */
    public IsoEditor replace(String path, Content content) throws IOException {
        Node.Attributes attributes = tree.get(path).filter(Node.File.class::isInstance).map(Node::attributes)
                .orElseThrow(() -> new FileNotFoundException("the image has no file " + path + " to replace"));
        return add(path, new Node.File(attributes, content));
    }

    /**
     * Takes a file or a directory out.
     *
     * @throws FileNotFoundException where there is none
     */
    public IsoEditor remove(String path) throws IOException {
        List<String> gone = new ArrayList<>(List.of(path));
        tree.walk((each, _) -> {
            if (each.startsWith(path + "/")) {
                gone.add(each);
            }
        });
        if (!tree.remove(path)) {
            throw new FileNotFoundException("the image has nothing at " + path + " to remove");
        }
        gone.forEach(each -> changed.put(each, Optional.empty()));
        return this;
    }

    /**
     * Gives kernel arguments to every boot entry, through the means that the medium has: the areas of CoreOS, else the
     * menus of isolinux, syslinux and GRUB, those inside of EFI images too.
     *
     * @throws IOException where the medium has no place for them
     */
    public IsoEditor kernelArguments(String arguments) throws IOException {
        if (arguments.chars().anyMatch(c -> c < ' ')) {
            throw new IllegalArgumentException("kernel arguments are one line: '" + arguments + "'");
        }
        int count = 0;
        Optional<dev.kindling.iso.edit.CoreOs> coreOs = dev.kindling.iso.edit.CoreOs.of(reader);
        if (coreOs.isPresent() && coreOs.get().hasKernelArguments()) {
            patches.putAll(coreOs.get().kernelArguments(coreOs.get().arguments() + " " + arguments.strip()));
            return this;
        }
        Map<String, byte[]> menus = new LinkedHashMap<>();
        Map<String, Node.File> files = new LinkedHashMap<>();
        tree.walk((path, node) -> {
            if (node instanceof Node.File file && KernelArguments.isMenu(path, file.content().size())) {
                files.put(path, file);
            }
        });
        for (Map.Entry<String, Node.File> each : files.entrySet()) {
            String text = new String(each.getValue().content().bytes(), ISO_8859_1);
            String with = KernelArguments.add(text, arguments);
            if (!with.equals(text)) {
                menus.put(each.getKey(), with.getBytes(ISO_8859_1));
            }
        }
        for (Map.Entry<String, byte[]> each : menus.entrySet()) {
            replace(each.getKey(), Content.of(each.getValue()));
            count++;
        }
        count += efiMenus(arguments);
        if (count == 0) {
            throw new IOException("no boot menu with a kernel was found in the image: its kernel arguments are "
                    + "elsewhere, for example inside of a signed boot loader");
        }
        return this;
    }

    private int efiMenus(String arguments) throws IOException {
        int count = 0;
        for (Media.EfiImage efi : Media.efiImages(reader)) {
            FatReader fat;
            try {
                fat = new FatReader(efi.content());
            } catch (IOException e) {
                notes.add("the EFI image at byte " + efi.offset() + " cannot be read: " + e.getMessage());
                continue;
            }
            for (FatReader.Entry entry : fat.entries()) {
                if (!entry.directory() && KernelArguments.isMenu(entry.path(), entry.bytes())) {
                    String text = new String(fat.content(entry.path()), ISO_8859_1);
                    String with = KernelArguments.add(text, arguments);
                    if (!with.equals(text)) {
                        count++;
                        fat.replacement(entry.path(), with.getBytes(ISO_8859_1))
                                .forEach((at, bytes) -> patches.put(efi.offset() + at, bytes));
                        efi.path().ifPresent(path -> notes.add(path + ": " + entry.path() + " changed inside"));
                    }
                }
            }
        }
        return count;
    }

    /** What happened on the way that one may want to know. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /** The changed image; nothing is written. */
    public Content image() throws IOException {
        Content edited = new Edit().content();
        return Md5Sums.hasImplanted(reader) ? Md5Sums.implanted(edited) : edited;
    }

    /** Puts the revision together. */
    private final class Edit {
        Content content() throws IOException {
            Map<String, Optional<Content>> all = new LinkedHashMap<>(changed);
            for (Media.EfiImage efi : Media.efiImages(reader)) {
                if (efi.path().isPresent() && patches.keySet().stream()
                        .anyMatch(at -> at >= efi.offset() && at < efi.offset() + efi.content().size())) {
                    Map<Long, byte[]> inside = new LinkedHashMap<>();
                    patches.forEach((at, bytes) -> inside.put(at - efi.offset(), bytes));
                    all.putIfAbsent(efi.path().get(), Optional.of(Md5Sums.overlaid(efi.content(), inside)));
                }
            }
            Optional<String> sums = Md5Sums.updated(reader, all);
            if (sums.isPresent()) {
                Node.File old = (Node.File) tree.get("md5sum.txt").orElseThrow();
                tree.put("md5sum.txt",
                        new Node.File(old.attributes(), Content.of(sums.get().getBytes(ISO_8859_1))));
            }
            IsoRevision revision = new IsoRevision(reader, tree);
            patches.forEach(revision::patch);
            return revision.content();
        }
    }

    /** Writes the changed image: either the whole of it is there in the end, or what was there before. */
    public void write(Path output, Consumer<IsoEvent> events) throws IOException {
        Content edited = image();
        notes.forEach(note -> events.accept(new IsoEvent.Noted("", note)));
        IsoBuilder.write(edited, output, events);
    }

    /** For whoever asks what firmware would do: the catalogue of the image as it was. */
    public Optional<BootCatalogue> bootCatalogue() throws IOException {
        return reader.bootCatalogue();
    }
}
