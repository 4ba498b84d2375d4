package dev.kindling.iso.edit;

import dev.kindling.iso.image.BootCatalogue;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Gpt;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.PartitionTables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What kind of installation medium an image is, told by the files that each kind has. */
public final class Media {
    /** A kind of medium. */
    public enum Kind {
        DEBIAN("Debian installer"),
        DEBIAN_LIVE("Debian live"),
        UBUNTU("Ubuntu"),
        RHEL(
                "Fedora, Red Hat or alike"),
        COREOS("Fedora CoreOS, RHEL CoreOS or OKD live"),
        TALOS("Talos"),
        PROXMOX(
                "Proxmox"),
        ALPINE(
                "Alpine"),
        SUSE("SUSE"),
        WINDOWS("Windows"),
        KINDLING("Kindling"),
        UNKNOWN("unknown");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** For people. */
        public String title() {
            return title;
        }
    }

    private Media() {}

    /** The kind, and what the medium says of itself; empty where it says nothing. */
    public record Found(Kind system, String version) {}

    /** Looks at a handful of paths. */
    public static Found of(IsoReader reader) throws IOException {
        String info = firstLine(reader.text(".disk/info").orElse(""));
        String treeinfo = reader.text(".treeinfo").orElse("");
        if (has(reader, EmbedArea.PATH)) {
            return new Found(Kind.KINDLING, info);
        }
        if (has(reader, "coreos/igninfo.json") || has(reader, "coreos/kargs.json") || has(reader, "images/ignition.img")
                || CoreOs.of(reader).isPresent()) {
            return new Found(Kind.COREOS, reader.volume().label());
        }
        if (has(reader, "casper") || info.startsWith("Ubuntu")) {
            return new Found(Kind.UBUNTU, info);
        }
        if (reader.volume().label().toUpperCase(java.util.Locale.ROOT).startsWith("TALOS")) {
            return new Found(Kind.TALOS, reader.volume().label());
        }
        if (has(reader, ".pve-cd-id.txt") || has(reader, "pve-installer.squashfs")) {
            return new Found(Kind.PROXMOX, info);
        }
        if (!treeinfo.isEmpty() || has(reader, "images/pxeboot")) {
            return new Found(Kind.RHEL, treeinfo.lines().filter(l -> l.startsWith("name")).findFirst()
                    .map(l -> l.replaceFirst("name *= *", "")).orElse(reader.volume().label()));
        }
        if (has(reader, "live/filesystem.squashfs")) {
            return new Found(Kind.DEBIAN_LIVE, info);
        }
        if (has(reader, "install.amd") || has(reader, "install.a64") || info.startsWith("Debian")) {
            return new Found(Kind.DEBIAN, info);
        }
        if (has(reader, ".alpine-release")) {
            return new Found(Kind.ALPINE, firstLine(reader.text(".alpine-release").orElse("")));
        }
        if (has(reader, "control.xml") || has(reader, "boot/x86_64/loader")) {
            return new Found(Kind.SUSE, reader.volume().label());
        }
        if (has(reader, "sources/boot.wim") || has(reader, "SOURCES/BOOT.WIM")) {
            return new Found(Kind.WINDOWS, reader.volume().label());
        }
        return new Found(Kind.UNKNOWN, info);
    }

    private static boolean has(IsoReader reader, String path) throws IOException {
        return reader.find(path).isPresent();
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("").strip();
    }

    /**
     * A FAT file system that UEFI firmware boots from.
     *
     * @param path in the tree, where it is a file too
     * @param offset in bytes from the start of the image
     */
    public record EfiImage(Optional<String> path, long offset, Content content) {}

    /** Those of the boot catalogue, and EFI system partitions; each place once. */
    public static List<EfiImage> efiImages(IsoReader reader) throws IOException {
        Map<Long, Long> sizes = new TreeMap<>();
        PartitionTables tables = reader.partitions();
        tables.mbr().stream().filter(p -> p.type() == 0xEF)
                .forEach(p -> sizes.put(p.first() * 512, p.sectors() * 512));
        tables.gpt().ifPresent(g -> g.partitions().stream().filter(p -> p.type().equals(Gpt.EFI_SYSTEM))
                .forEach(p -> sizes.put(p.first() * 512, (p.last() - p.first() + 1) * 512)));
        Optional<BootCatalogue> catalogue = reader.bootCatalogue();
        if (catalogue.isPresent()) {
            catalogue.get().entries().stream().filter(e -> e.platform() == BootCatalogue.PLATFORM_EFI)
                    .forEach(e -> sizes.merge(e.offset(), e.loadSectors() * 512L, Math::max));
        }
        Map<Long, String> paths = new TreeMap<>();
        if (!sizes.isEmpty()) {
            reader.walk(reader.root(), entry -> {
                if (entry.kind() == IsoReader.Kind.FILE && entry.extents().size() == 1
                        && sizes.containsKey(entry.extents().getFirst().offset())) {
                    long at = entry.extents().getFirst().offset();
                    paths.put(at, entry.path());
                    sizes.merge(at, entry.size(), Math::max);
                }
            });
        }
        List<EfiImage> images = new ArrayList<>();
        for (Map.Entry<Long, Long> each : sizes.entrySet()) {
            long size = Math.min(each.getValue(), reader.content().size() - each.getKey());
            if (each.getKey() > 0 && size > 0) {
                images.add(new EfiImage(Optional.ofNullable(paths.get(each.getKey())), each.getKey(),
                        reader.content().slice(each.getKey(), size)));
            }
        }
        return images;
    }
}
