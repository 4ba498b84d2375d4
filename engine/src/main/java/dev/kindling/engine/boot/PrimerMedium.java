package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.engine.boot.BootAssets.Progress;
import dev.kindling.engine.boot.BootAssets.Source;
import dev.kindling.iso.IsoBuilder;
import dev.kindling.iso.IsoEvent;
import dev.kindling.iso.MediaSpec;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.FatImage;
import dev.kindling.iso.image.Tree;
import dev.kindling.iso.image.TreeScan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The primer medium: a hybrid ISO whose live system starts Kindling's screens and installs the primer to a disk. What
 * is below {@code /kindling} on it is copied to the disk as it is.
 *
 * @param file the ISO
 * @param bytes of the file
 * @param id tells this primer from others: of its contents; the boot loader passes it, the system looks for it
 */
public record PrimerMedium(Path file, long bytes, String id) {
    /** Of the volume. */
    static final String LABEL = "KINDLING_PRIMER";
    /** Everything that the primer boots from is here, on the medium and on the disk. */
    static final String DIRECTORY = "kindling";
    /** Answers, and the definition behind them, can be put here later without writing the medium anew. */
    static final String ANSWERS = "kindling/config.area";

    private static final List<String> GRUB_MODULES = List.of("biosdisk", "part_gpt", "part_msdos", "iso9660", "fat",
            "normal", "configfile", "linux", "search", "search_fs_file", "regexp", "echo", "test", "serial", "terminal",
            "boot", "minicmd");
    private static final List<String> LIVE_SCRIPTS = List.of("lib.sh");
    private static final long ESP_BYTES = 12 << 20;

    /**
     * What is asked for.
     *
     * @param output the ISO; overwritten where it exists
     * @param answers text of the answer file; empty: asked at the console
     * @param definition text of the cluster to form; empty: asked at the console
     * @param discovery true: it only shows what the machine is made of
     * @param packages further Debian packages, firmware for example
     * @param classPath of Kindling's command line
     * @param mainClass of Kindling's command line
     * @param training arguments of a start of it whose classes are prepared
     */
    public record Order(Path output, String answers, String definition, boolean discovery, List<String> packages,
            List<Path> classPath, String mainClass,
            List<String> training) {
        public Order {
            packages = List.copyOf(packages);
            classPath = List.copyOf(classPath);
            training = List.copyOf(training);
        }
    }

    /** Makes the medium; what others made is taken from the cache where it is there. */
    public static PrimerMedium make(BootAssets assets, Order order, Progress progress) throws IOException {
        PrimerLayers layers = new PrimerLayers(assets, progress);
        // Bottom first.
        List<Path> squashed = List.of(layers.debian(order.packages()), layers.runtime(),
                layers.kindling(order.classPath(), order.mainClass(), order.training()));
        Path initramfs = initramfs(assets);
        Map<String, Path> files = new LinkedHashMap<>();
        files.put("vmlinuz", assets.kernel());
        files.put("initrd.img", initramfs);
        squashed.forEach(each -> files.put(String.valueOf(each.getFileName()), each));
        StringBuilder sums = new StringBuilder();
        for (Map.Entry<String, Path> each : files.entrySet()) {
            sums.append(Hashes.of(each.getValue())).append("  ").append(each.getKey()).append('\n');
        }
        String id = Hashes.of(sums.toString()).substring(0, 16);
        Path tree = assets.cache().resolve("primer").resolve("medium-" + ProcessHandle.current().pid());
        try {
            fill(tree, assets, files, sums.toString(), squashed, id, order);
            write(tree, order.output(), progress);
        } finally {
            CacheDirectory.deleteTree(tree);
        }
        layers.prune(assets.images());
        return new PrimerMedium(order.output(), Files.size(order.output()), id);
    }

    private static Path initramfs(BootAssets assets) throws IOException {
        StringBuilder inputs = new StringBuilder("primer " + Initramfs.LAYOUT + assets.kernelFiles().identity()
                + Hashes.of(assets.file(Source.BUSYBOX)));
        for (String each : List.of("primer-init.sh", "lib.sh", "stage-modules.txt", "primer-modules.txt")) {
            inputs.append(Hashes.of(GuestFiles.bytes(each)));
        }
        String name = "primer-" + Hashes.of(inputs.toString()).substring(0, 16) + ".img";
        Path image = assets.images().get(name, aside -> {
            List<String> names = new ArrayList<>(GuestFiles.list("stage-modules.txt"));
            names.addAll(GuestFiles.list("primer-modules.txt"));
            Initramfs.write(aside, assets, KernelModules.in(assets.kernelFiles().modules()).select(names),
                    "primer-init.sh", LIVE_SCRIPTS, archive -> {});
        });
        assets.images().used(name);
        return image;
    }

    private static void fill(Path tree, BootAssets assets, Map<String, Path> files, String sums, List<Path> squashed,
            String id, Order order) throws IOException {
        CacheDirectory.deleteTree(tree);
        Path kindling = tree.resolve(DIRECTORY);
        Files.createDirectories(kindling);
        Files.createDirectories(tree.resolve("boot/grub"));
        Files.createDirectories(tree.resolve("EFI/BOOT"));
        for (Map.Entry<String, Path> each : files.entrySet()) {
            link(each.getValue(), kindling.resolve(each.getKey()));
        }
        Files.writeString(kindling.resolve(id), id + "\n");
        Files.writeString(kindling.resolve("sha256sums"), sums);
        StringBuilder names = new StringBuilder();
        squashed.forEach(each -> names.append(each.getFileName()).append('\n'));
        Files.writeString(kindling.resolve("layers"), names);
        Files.write(tree.resolve(ANSWERS), PrimerAnswers.Area.encode(order.answers(), order.definition()));
        Files.writeString(tree.resolve("boot/grub/grub.cfg"), grubConfig(id, order.discovery() ? "discovery" : "live"));
        for (Map.Entry<String, Source> each : Map
                .of("BOOTX64.EFI", Source.SHIM_SIGNED, "grubx64.efi", Source.GRUB_SIGNED, "mmx64.efi",
                        Source.MOK_MANAGER)
                .entrySet()) {
            Files.copy(assets.file(each.getValue()), tree.resolve("EFI/BOOT").resolve(each.getKey()));
        }
        String findMe = "search --no-floppy --set=root --file /" + DIRECTORY + "/" + id
                + "\nconfigfile ($root)/boot/grub/grub.cfg\n";
        new FatImage(FatImage.Kind.FAT16, ESP_BYTES, "KINDLING", 0x4B444C32, PrimerLayers.TIMESTAMP)
                .file("EFI/BOOT/BOOTX64.EFI", assets.file(Source.SHIM_SIGNED))
                .file("EFI/BOOT/grubx64.efi", assets.file(Source.GRUB_SIGNED))
                .file("EFI/BOOT/mmx64.efi", assets.file(Source.MOK_MANAGER))
                .file("EFI/debian/grub.cfg", findMe.getBytes(UTF_8)).writeTo(tree.resolve("boot/grub/efi.img"));
        Files.copy(Grub.build(assets, "eltorito.img", "i386-pc-eltorito", Source.GRUB_BIOS, "/boot/grub", GRUB_MODULES,
                findMe.getBytes(UTF_8)), tree.resolve("boot/grub/eltorito.img"));
        // For the installed disk.
        Files.copy(SystemImage.core(assets), kindling.resolve("core.img"));
        Files.copy(assets.file(Source.GRUB_BIOS), kindling.resolve("boot.img"));
        Path hybrid = assets.file(Source.GRUB_BIOS).resolveSibling("boot_hybrid.img");
        Files.copy(hybrid, tree.resolve("boot/grub/boot_hybrid.img"));
    }

    static String grubConfig(String id, String state) throws IOException {
        return GuestFiles.text("primer-grub.cfg").replace("@ID@", id).replace("@STATE@", state);
    }

    /** Large files are not copied. */
    private static void link(Path from, Path to) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (IOException | UnsupportedOperationException e) {
            Files.copy(from, to);
        }
    }

    private static void write(Path tree, Path output, Progress progress) throws IOException {
        Tree files = TreeScan.ofRoot(tree).tree();
        MediaSpec spec = MediaSpec.of(files, LABEL).withEpoch(PrimerLayers.TIMESTAMP)
                .withBios("boot/grub/eltorito.img").withEfi("boot/grub/efi.img")
                .withMbr(Content.file(tree.resolve("boot/grub/boot_hybrid.img")));
        IsoBuilder.write(spec, output, event -> {
            if (event instanceof IsoEvent.Progressed progressed) {
                progress.at("writing " + output, progressed.done(), progressed.total());
            }
        });
    }
}
