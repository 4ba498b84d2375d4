package dev.kindling.tui.iso;

import dev.kindling.iso.BootFiles;
import dev.kindling.iso.IsoBuilder;
import dev.kindling.iso.IsoEvent;
import dev.kindling.iso.OpenImage;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.DiskImage;
import dev.kindling.iso.image.Gpt;
import dev.kindling.iso.image.ImageWriter;
import dev.kindling.iso.image.Tree;
import dev.kindling.iso.image.TreeScan;
import dev.kindling.tui.cli.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso disk}. */
@Command(name = "disk", description = {"Makes a disk image with partitions.",
        "A directory becomes a FAT file system, a file is taken as it is."})
final class DiskCommand implements Callable<Integer> {
    private static final String QCOW2 = ".qcow2";

    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Option(names = {"-o",
            "--output"}, paramLabel = "FILE", required = true, description = "the image; ending in .qcow2: made by qemu-img")
    Path output = Path.of("");

    @Option(names = "--partition", paramLabel = "KIND[:NAME]=PATH", required = true, description = "a partition, again for more; KIND: efi, data, linux, bios-boot, or the GUID of a type")
    List<String> partitions = new ArrayList<>();

    @Option(names = "--table", paramLabel = "gpt|mbr", description = "partition table (default: gpt)")
    String table = "gpt";

    @Option(names = "--boot-code", paramLabel = "FILE", description = "code for the first sector; 440 bytes of it are taken")
    @Nullable
    Path bootCode;

    @Option(names = "--size", paramLabel = "MIB", description = "of the whole disk, in mebibytes (default: as small as it can be)")
    long size;

    @Option(names = "--epoch", paramLabel = "SECONDS", description = "time stamp of everything that is made of directories (default: $SOURCE_DATE_EPOCH, else the newest file's)")
    @Nullable
    Long epoch;

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "disk runs below iso").cli();
        return Refusals.run("kindling iso disk", () -> make(cli));
    }

    private void make(Cli cli) throws IOException {
        List<DiskImage.Part> parts = new ArrayList<>();
        for (String each : partitions) {
            parts.add(part(cli, each));
        }
        byte[] code = new byte[0];
        if (bootCode != null) {
            Content file = Content.file(cli.world().directory().resolve(bootCode));
            code = file.slice(0, Math.min(Gpt.BOOT_CODE, file.size())).bytes();
        }
        Content disk = DiskImage.of(kind(), parts, Math.multiplyExact(size, 1L << 20), code);
        Path target = cli.world().directory().resolve(output);
        BuildScreen screen = new BuildScreen(cli);
        if (!target.toString().endsWith(QCOW2)) {
            IsoBuilder.write(disk, target, screen);
            return;
        }
        Path raw = target.resolveSibling("." + target.getFileName() + ".raw");
        try {
            ImageWriter.write(disk, raw, _ -> {});
            OpenImage.qcow2(raw, target);
        } finally {
            Files.deleteIfExists(raw);
        }
        screen.accept(new IsoEvent.Finished(target, Files.size(target)));
    }

    private DiskImage.Table kind() {
        return switch (table.toLowerCase(Locale.ROOT)) {
            case "gpt" -> DiskImage.Table.GPT;
            case "mbr" -> DiskImage.Table.MBR;
            default -> throw new IllegalArgumentException("--table " + table + ": expected gpt or mbr");
        };
    }

    private DiskImage.Part part(Cli cli, String text) throws IOException {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException(
                    "--partition " + text + ": expected KIND=PATH or KIND:NAME=PATH, for example efi=esp/");
        }
        String[] kind = text.substring(0, equals).split(":", 2);
        Path path = cli.world().directory().resolve(text.substring(equals + 1));
        String name = kind.length > 1 ? kind[1] : "";
        return switch (kind[0].toLowerCase(Locale.ROOT)) {
            case "efi" -> DiskImage.Part.efi(name.isEmpty() ? "EFI system" : name, content(cli, path, "EFI", name));
            case "data" -> DiskImage.Part.data(name, content(cli, path, "DATA", name));
            case "linux" -> DiskImage.Part.linux(name, file(path));
            case "bios-boot" -> DiskImage.Part.biosBoot(file(path));
            default -> new DiskImage.Part(type(kind[0]), 0xDA, name, file(path));
        };
    }

    private UUID type(String text) {
        try {
            if (kind() == DiskImage.Table.GPT) {
                return UUID.fromString(text);
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IllegalArgumentException("a partition of the kind '" + text
                + "': expected efi, data, linux, bios-boot, or the GUID of a type where the table is gpt");
    }

    private static Content file(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            throw new IllegalArgumentException(path + " is a directory, and directories become FAT: the kind is efi or "
                    + "data, or name an image that holds a file system");
        }
        return Content.file(path);
    }

    private Content content(Cli cli, Path path, String label, String name) throws IOException {
        if (!Files.isDirectory(path)) {
            return Content.file(path);
        }
        Tree tree = TreeScan.ofRoot(path).tree();
        String given = name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9_-]", "_");
        return BootFiles.fat(tree.root(), given.isEmpty() ? label : given.substring(0, Math.min(11, given.length())),
                BuildCommand.epoch(cli, epoch).orElseGet(() -> IsoBuilder.newest(tree)));
    }
}
