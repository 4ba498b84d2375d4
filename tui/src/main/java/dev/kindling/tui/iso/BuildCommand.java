package dev.kindling.tui.iso;

import dev.kindling.iso.BootFiles;
import dev.kindling.iso.IsoBuilder;
import dev.kindling.iso.IsoEvent;
import dev.kindling.iso.MediaSpec;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Tree;
import dev.kindling.iso.image.TreeScan;
import dev.kindling.tui.cli.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso build}. */
@Command(name = "build", description = {"Makes an ISO image of a directory.",
        "It boots as CD and as USB disk, on BIOS and UEFI, as far as boot files are named or found."})
final class BuildCommand implements Callable<Integer> {
    private static final String AUTO = "auto";

    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Option(names = "--from", paramLabel = "DIR", required = true, description = "what is to be on the medium")
    Path from = Path.of("");

    @Option(names = {"-o",
            "--output"}, paramLabel = "FILE", required = true, description = "the image; written aside and renamed when it is complete")
    Path output = Path.of("");

    @Option(names = "--label", paramLabel = "NAME", description = "name of the volume, at most 32 characters (default: the directory's name)")
    @Nullable
    String label;

    @Option(names = "--bios", paramLabel = "PATH|auto", description = "boot image for BIOS machines, a path in DIR: isolinux.bin, or GRUB's image for CDs")
    @Nullable
    String bios;

    @Option(names = "--efi", paramLabel = "PATH|auto", description = "FAT image for UEFI machines, a path in DIR; auto makes one of DIR/EFI where there is none")
    @Nullable
    String efi;

    @Option(names = "--mbr", paramLabel = "FILE|auto", description = "boot code for BIOS machines that boot from a USB stick: isohdpfx.bin, or GRUB's boot_hybrid.img")
    @Nullable
    String mbr;

    @Option(names = "--append", paramLabel = "FILE", description = "a partition behind the file system; again for more")
    List<Path> append = new ArrayList<>();

    @Option(names = "--epoch", paramLabel = "SECONDS", description = "time stamp of everything, for images that are the same byte by byte (default: $SOURCE_DATE_EPOCH, else each file's own)")
    @Nullable
    Long epoch;

    @Option(names = "--keep-owners", description = "owners as they are in DIR (default: root's)")
    boolean keepOwners;

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "build runs below iso").cli();
        return Refusals.run("kindling iso build", () -> build(cli));
    }

    private void build(Cli cli) throws IOException {
        BuildScreen screen = new BuildScreen(cli);
        Path directory = cli.world().directory().resolve(from);
        if (!Files.isDirectory(directory)) {
            throw new IllegalArgumentException("--from " + from + " is no directory");
        }
        TreeScan.Result scan = keepOwners ? TreeScan.of(directory) : TreeScan.ofRoot(directory);
        screen.accept(new IsoEvent.Scanned(scan.nodes(), scan.bytes()));
        scan.skipped().forEach(path -> screen.accept(new IsoEvent.Noted(path,
                "left out: a socket is nothing without its program")));
        MediaSpec spec = spec(cli, scan.tree(), label == null ? MediaSpec.label(directory) : label, screen);
        IsoBuilder.write(spec, cli.world().directory().resolve(output), screen);
    }

    private MediaSpec spec(Cli cli, Tree tree, String volume, BuildScreen screen) throws IOException {
        if (volume.length() > 16) {
            screen.accept(new IsoEvent.Noted("", "Windows shows 16 characters of the label: "
                    + volume.substring(0, 16)));
        }
        MediaSpec spec = MediaSpec.of(tree, volume);
        Optional<Instant> time = epoch(cli, epoch);
        if (time.isPresent()) {
            spec = spec.withEpoch(time.get());
        }
        List<Content> partitions = new ArrayList<>();
        Optional<String> biosPath = AUTO.equals(bios) ? BootFiles.bios(tree) : Optional.ofNullable(bios);
        if (biosPath.isPresent()) {
            spec = spec.withBios(biosPath.get());
        } else if (bios != null) {
            screen.accept(new IsoEvent.Noted("", "no boot image for BIOS machines was found: they will not boot it"));
        }
        Optional<String> efiPath = AUTO.equals(efi) ? BootFiles.efiImage(tree) : Optional.ofNullable(efi);
        if (efiPath.isPresent()) {
            spec = spec.withEfi(efiPath.get());
        } else if (efi != null) {
            Optional<Content> made = BootFiles.efiPartition(tree, time.orElseGet(() -> IsoBuilder.newest(tree)));
            made.ifPresent(partitions::add);
            if (made.isEmpty()) {
                screen.accept(new IsoEvent.Noted("",
                        "neither a FAT image nor EFI/BOOT/BOOT*.EFI was found: UEFI machines will not boot it"));
            }
        }
        if (AUTO.equals(mbr)) {
            Optional<Content> code = biosPath.isPresent() ? BootFiles.mbr(tree, biosPath.get()) : Optional.empty();
            if (code.isPresent()) {
                spec = spec.withMbr(code.get());
            } else {
                screen.accept(new IsoEvent.Noted("", "no boot code for the first sector was found: BIOS machines will "
                        + "not boot it from a USB stick. Looked at: " + BootFiles.mbrPlaces()));
            }
        } else if (mbr != null) {
            spec = spec.withMbr(Content.file(cli.world().directory().resolve(mbr)));
        }
        for (Path each : append) {
            partitions.add(Content.file(cli.world().directory().resolve(each)));
        }
        return spec.withAppended(partitions);
    }

    /** As the option says, else as the environment does. */
    static Optional<Instant> epoch(Cli cli, @Nullable Long epoch) {
        if (epoch != null) {
            return Optional.of(Instant.ofEpochSecond(epoch));
        }
        String asked = cli.world().environment().getOrDefault("SOURCE_DATE_EPOCH", "");
        if (asked.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Instant.ofEpochSecond(Long.parseLong(asked)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "SOURCE_DATE_EPOCH is '" + asked + "': expected seconds since 1970", e);
        }
    }
}
