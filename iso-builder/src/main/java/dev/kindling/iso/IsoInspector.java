package dev.kindling.iso;

import dev.kindling.iso.edit.CoreOs;
import dev.kindling.iso.edit.EmbedArea;
import dev.kindling.iso.edit.Md5Sums;
import dev.kindling.iso.edit.Media;
import dev.kindling.iso.image.BadImageException;
import dev.kindling.iso.image.BootCatalogue;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.FatReader;
import dev.kindling.iso.image.IsoReader;
import dev.kindling.iso.image.PartitionTables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** Tells what an image is, and whether it is whole. */
public final class IsoInspector {
    /**
     * What an image is.
     *
     * @param system which installer or live system
     * @param version what the medium says of itself
     * @param bytes of the whole image
     * @param udf a second file system, with the same files or others; empty also where it is damaged
     * @param files regular ones
     * @param contentBytes of all files
     * @param hybrid how it boots besides as a CD
     * @param areas for configurations
     */
    public record Report(String system, String version, IsoReader.Volume volume, long bytes,
            List<IsoReader.Names> names,
            Optional<ImageInspector.Files> udf, long files, long directories, long contentBytes, List<Boot> boot,
            PartitionTables partitions,
            List<String> hybrid, List<Area> areas) {}

    /**
     * An entry of the boot catalogue.
     *
     * @param platform BIOS, UEFI or another
     * @param path of the file that it starts; empty where it is in no tree
     */
    public record Boot(String platform, boolean bootable, int emulation, int loadSectors, long offset, String path) {}

    /**
     * Room for a configuration.
     *
     * @param used bytes of what is embedded
     */
    public record Area(String kind, long offset, int capacity, int used) {}

    /**
     * Something that is wrong.
     *
     * @param offset in bytes; -1 where it is no one place
     */
    public record Finding(String what, long offset, String remedy) {}

    private final IsoReader reader;

    public IsoInspector(Content image) throws IOException {
        reader = new IsoReader(image);
    }

    /** Reads directories and tables; no files. */
    public Report report() throws IOException {
        long[] counts = new long[3];
        Map<Long, String> paths = new HashMap<>();
        reader.walk(reader.root(), entry -> {
            switch (entry.kind()) {
                case FILE -> {
                    counts[0]++;
                    counts[2] += entry.size();
                    if (!entry.extents().isEmpty()) {
                        paths.putIfAbsent(entry.extents().getFirst().offset(), entry.path());
                    }
                }
                case DIRECTORY -> counts[1]++;
                default -> {
                    // neither
                }
            }
        });
        List<Boot> boot = new ArrayList<>();
        Optional<BootCatalogue> catalogue = reader.bootCatalogue();
        if (catalogue.isPresent()) {
            for (BootCatalogue.Entry each : catalogue.get().entries()) {
                boot.add(new Boot(platform(each.platform()), each.bootable(), each.emulation(), each.loadSectors(),
                        each.offset(), paths.getOrDefault(each.offset(), "")));
            }
        }
        Media.Found found = Media.of(reader);
        PartitionTables tables = reader.partitions();
        return new Report(found.system().title(), found.version(), reader.volume(), reader.content().size(),
                reader.allNames(), udf(), counts[0], counts[1], counts[2], boot, tables, hybrid(tables, boot),
                areas());
    }

    private Optional<ImageInspector.Files> udf() throws IOException {
        try {
            return reader.hasUdf() ? Optional.of(ImageInspector.udf(reader.content())) : Optional.empty();
        } catch (BadImageException e) {
            // verify says so
            return Optional.empty();
        }
    }

    private static String platform(int platform) {
        return switch (platform) {
            case BootCatalogue.PLATFORM_BIOS -> "BIOS";
            case BootCatalogue.PLATFORM_EFI -> "UEFI";
            case 1 -> "PowerPC";
            case 2 -> "Mac";
            default -> "platform " + platform;
        };
    }

    private List<String> hybrid(PartitionTables tables, List<Boot> boot) throws IOException {
        List<String> kinds = new ArrayList<>();
        if (tables.bootCode()) {
            byte[] code = reader.content().slice(0, 512).bytes();
            String text = new String(code, java.nio.charset.StandardCharsets.ISO_8859_1);
            kinds.add("BIOS by "
                    + (text.contains("isolinux") ? "isohybrid" : text.contains("GRUB") ? "GRUB" : "other code")
                    + " in the first sector");
        }
        if (Media.efiImages(reader).stream()
                .anyMatch(efi -> boot.stream().noneMatch(b -> b.platform().equals("BIOS") && b.offset() == efi.offset())
                        && (tables.gpt().stream().flatMap(g -> g.partitions().stream())
                                .anyMatch(p -> p.first() * 512 == efi.offset())
                                || tables.mbr().stream().anyMatch(p -> p.first() * 512 == efi.offset())))) {
            kinds.add("UEFI by a partition");
        }
        tables.gpt().ifPresent(_ -> kinds.add("GPT"));
        if (tables.apple() > 0) {
            kinds.add("Apple partition map");
        }
        return kinds;
    }

    private List<Area> areas() throws IOException {
        List<Area> areas = new ArrayList<>();
        EmbedArea.of(reader).ifPresent(
                a -> areas.add(new Area("Kindling configuration", a.offset(), a.capacity(), a.config().length)));
        Optional<CoreOs> coreOs = CoreOs.of(reader);
        if (coreOs.isPresent()) {
            areas.add(new Area("Ignition config", coreOs.get().offset(), coreOs.get().capacity(),
                    coreOs.get().config().length));
            if (coreOs.get().hasKernelArguments()) {
                areas.add(new Area("kernel arguments", -1, coreOs.get().argumentCapacity(),
                        coreOs.get().arguments().length()));
            }
        }
        return areas;
    }

    /**
     * Checks structure and checksums; reads every file that a list of checksums names, or the whole image where it
     * carries its own sum.
     *
     * @param progress hears the number of bytes read
     * @return what is wrong; empty where nothing is
     */
    public List<Finding> verify(LongConsumer progress) throws IOException {
        List<Finding> findings = new ArrayList<>();
        String fetch = "fetch the image again and compare its checksum with the vendor's";
        long size = reader.content().size();
        if (reader.volume().bytes() > size) {
            findings.add(new Finding("the image is cut off: it has " + size + " bytes, its file system "
                    + reader.volume().bytes(), size, fetch));
        }
        for (IsoReader.Names names : reader.allNames()) {
            guarded(findings, () -> {
                IsoReader tree = new IsoReader(reader.content(), Optional.of(names));
                tree.walk(tree.root(), entry -> {
                    for (IsoReader.Extent extent : entry.extents()) {
                        if (extent.offset() < 32_768 || extent.offset() + extent.bytes() > size) {
                            findings.add(new Finding(names + " " + entry.path() + ": " + extent.bytes()
                                    + " bytes are outside of the image of " + size, extent.offset(), fetch));
                        }
                    }
                });
            });
        }
        if (reader.hasUdf()) {
            guarded(findings, () -> ImageInspector.udf(reader.content()));
        }
        guarded(findings, () -> reader.bootCatalogue().ifPresent(catalogue -> catalogue(catalogue, findings)));
        guarded(findings, () -> tables(reader.partitions(), findings));
        for (Media.EfiImage efi : Media.efiImages(reader)) {
            try {
                new FatReader(efi.content());
            } catch (IOException e) {
                findings.add(new Finding("the EFI image " + efi.path().orElse("") + " is no sound FAT file system: "
                        + e.getMessage(), efi.offset(), fetch));
            }
        }
        guarded(findings, this::areas);
        sums(findings, progress);
        return findings;
    }

    /** A check that may find that the image is damaged. */
    interface Check {
        void run() throws IOException;
    }

    static void guarded(List<Finding> findings, Check check) {
        try {
            check.run();
        } catch (BadImageException e) {
            findings.add(new Finding(e.getMessage() == null ? e.what() : e.getMessage(), e.offset(), e.remedy()));
        } catch (IOException e) {
            findings.add(new Finding(String.valueOf(e.getMessage()), -1, ""));
        }
    }

    private void catalogue(BootCatalogue catalogue, List<Finding> findings) {
        if (!catalogue.checksumRight()) {
            findings.add(new Finding("the boot catalogue's checksum is wrong: firmware ignores it", catalogue.at(),
                    "make the image again"));
        }
        for (BootCatalogue.Entry each : catalogue.entries()) {
            long bytes = Math.max(1, each.loadSectors()) * 512L;
            if (each.offset() < 32_768 || each.offset() > reader.content().size() - bytes) {
                findings.add(new Finding("a boot image of " + each.loadSectors() + " sectors at byte " + each.offset()
                        + " is outside of the image", each.at(), "make the image again"));
            }
        }
    }

    static void tables(PartitionTables tables, List<Finding> findings) {
        tables.gpt().ifPresent(gpt -> {
            gpt.problems().forEach(p -> findings
                    .add(new Finding("GPT: " + p, gpt.at() * 512, "strict firmware refuses it: make the image again")));
            if (tables.backup().isEmpty()) {
                findings.add(new Finding("GPT: the second header is missing", gpt.other() * 512,
                        "strict firmware refuses it: make the image again"));
            }
        });
        tables.backup().ifPresent(backup -> {
            backup.problems().forEach(p -> findings.add(new Finding("second GPT: " + p, backup.at() * 512,
                    "strict firmware refuses it: make the image again")));
            if (tables.gpt().isPresent() && !tables.gpt().get().partitions().equals(backup.partitions())) {
                findings.add(new Finding("the two GPTs have other partitions", backup.at() * 512,
                        "strict firmware refuses it: make the image again"));
            }
        });
    }

    private void sums(List<Finding> findings, LongConsumer progress) throws IOException {
        Optional<Md5Sums.Implanted> implanted = Md5Sums.implanted(reader);
        if (implanted.isPresent() && !Md5Sums.matches(reader, implanted.get())) {
            findings.add(new Finding("the image is not what its own sum says (isomd5sum)", 33_651,
                    "fetch the image again"));
        }
        long done = 0;
        for (String list : List.of("md5sum.txt", "sha256sum.txt", "SHA256SUMS")) {
            Map<String, String> sums = Md5Sums.entries(reader.text(list).orElse(""));
            for (Map.Entry<String, String> each : sums.entrySet()) {
                Optional<IsoReader.Entry> file = reader.find(each.getKey())
                        .filter(e -> e.kind() == IsoReader.Kind.FILE);
                if (file.isEmpty()) {
                    findings.add(new Finding(each.getKey() + " is in " + list + ", and not in the image", -1,
                            "fetch the image again"));
                    continue;
                }
                guarded(findings, () -> {
                    String sum = Md5Sums.digest(reader.content(file.get()),
                            each.getValue().length() == 32 ? "MD5" : "SHA-256");
                    if (!sum.equals(each.getValue())) {
                        long at = file.get().extents().isEmpty() ? -1 : file.get().extents().getFirst().offset();
                        findings.add(new Finding(each.getKey() + " is not what " + list + " says: " + sum, at,
                                "fetch the image again"));
                    }
                });
                done += file.get().size();
                progress.accept(done);
            }
        }
    }
}
