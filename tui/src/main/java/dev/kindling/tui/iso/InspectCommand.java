package dev.kindling.tui.iso;

import dev.kindling.iso.AnyImage;
import dev.kindling.iso.ImageInspector;
import dev.kindling.iso.IsoInspector;
import dev.kindling.iso.OpenImage;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.PartitionTables;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.Refusal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso inspect}. */
@Command(name = "inspect", description = {"Tells what an image is and how it boots.",
        "With --verify also whether it is whole: exit code 1 where it is not."})
final class InspectCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Parameters(paramLabel = "IN.iso", description = "the image: ISO, UDF, FAT, a disk, qcow2, squashfs")
    Path image = Path.of("");

    @Option(names = "--verify", description = "check structure, tables and all checksums that the image carries")
    boolean verify;

    /** The result for programs. */
    record Result(IsoInspector.Report report, @Nullable List<IsoInspector.Finding> findings) {}

    /** The same of an image without ISO 9660. */
    record OtherResult(ImageInspector.Report report, @Nullable List<IsoInspector.Finding> findings) {}

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "inspect runs below iso").cli();
        return Refusals.run("kindling iso inspect", () -> inspect(cli));
    }

    private void inspect(Cli cli) throws IOException {
        Path file = cli.world().directory().resolve(image);
        try (OpenImage open = OpenImage.of(file, Path.of(System.getProperty("java.io.tmpdir")))) {
            if (open.kind() == AnyImage.Kind.ISO_9660) {
                medium(cli, open.content());
            } else {
                other(cli, open);
            }
        }
    }

    private void medium(Cli cli, Content content) throws IOException {
        IsoInspector inspector = new IsoInspector(content);
        List<IsoInspector.Finding> findings = verify ? inspector.verify(_ -> {}) : null;
        IsoInspector.Report report;
        try {
            report = inspector.report();
        } catch (IOException e) {
            throw Refusal.failed(e.getMessage() == null ? "the image is damaged" : e.getMessage(),
                    "kindling iso inspect --verify tells more");
        }
        cli.json(new Result(report, findings));
        print(cli, report);
        findings(cli, findings);
    }

    private void other(Cli cli, OpenImage open) throws IOException {
        List<IsoInspector.Finding> findings = verify ? ImageInspector.verify(open) : null;
        ImageInspector.Report report = ImageInspector.report(open);
        cli.json(new OtherResult(report, findings));
        cli.say("kind        %s%n".formatted(report.kind()));
        cli.say("size        %s%n".formatted(BuildScreen.size(report.bytes())));
        report.files().ifPresent(files -> cli.say("holds       %s%n".formatted(text(files))));
        for (ImageInspector.Partition each : report.partitions()) {
            cli.say("partition %d %s, type %s, from sector %d%s: %s%n".formatted(each.number(),
                    BuildScreen.size(each.bytes()), each.type(), each.firstSector(),
                    each.name().isEmpty() ? "" : ", '" + each.name() + "'",
                    each.files().map(InspectCommand::text).orElse("nothing that is read here")));
        }
        findings(cli, findings);
    }

    private static String text(ImageInspector.Files files) {
        return "%s%s, %d files of %s, %d directories".formatted(files.system(),
                files.label().isEmpty() ? "" : " '" + files.label() + "'", files.files(),
                BuildScreen.size(files.contentBytes()), files.directories());
    }

    private static void findings(Cli cli, @Nullable List<IsoInspector.Finding> findings) {
        if (findings != null) {
            for (IsoInspector.Finding each : findings) {
                cli.say("problem     %s%s%n".formatted(each.what(),
                        each.offset() < 0 || each.what().contains("at byte") ? "" : " (byte " + each.offset() + ")"));
            }
            if (!findings.isEmpty()) {
                throw Refusal.failed(
                        "the image has " + findings.size() + (findings.size() == 1 ? " problem" : " problems"),
                        findings.getFirst().remedy());
            }
            cli.say("verified    structure, tables and checksums are right\n");
        }
    }

    private static void print(Cli cli, IsoInspector.Report report) {
        cli.say("system      %s%s%n".formatted(report.system(),
                report.version().isEmpty() ? "" : " (" + report.version() + ")"));
        cli.say("label       %s%n".formatted(report.volume().label()));
        cli.say("size        %s, %d files, %d directories%n".formatted(BuildScreen.size(report.bytes()), report.files(),
                report.directories()));
        cli.say("created     %s%n".formatted(report.volume().created()));
        if (!report.volume().preparer().isEmpty() || !report.volume().application().isEmpty()) {
            cli.say("made by     %s%n".formatted(
                    (report.volume().preparer() + " " + report.volume().application()).strip()));
        }
        cli.say("names       %s%s%n".formatted(
                String.join(", ", report.names().stream().map(n -> n.name().toLowerCase(java.util.Locale.ROOT)
                        .replace('_', ' ')).toList()),
                report.udf().map(udf -> ", %s with %d files".formatted(udf.system(), udf.files())).orElse("")));
        for (IsoInspector.Boot boot : report.boot()) {
            cli.say("boots       %s: %s at byte %d, %d sectors loaded%s%n".formatted(boot.platform(),
                    boot.path().isEmpty() ? "an image outside of the tree" : boot.path(), boot.offset(),
                    boot.loadSectors(), boot.bootable() ? "" : ", not bootable"));
        }
        report.hybrid().forEach(kind -> cli.say("as a disk   %s%n".formatted(kind)));
        for (PartitionTables.Mbr each : report.partitions().mbr()) {
            cli.say("MBR %d       type %02x, sectors %d to %d%s%n".formatted(each.index() + 1, each.type(),
                    each.first(),
                    each.first() + each.sectors() - 1, each.active() ? ", active" : ""));
        }
        report.partitions().gpt().ifPresent(gpt -> gpt.partitions()
                .forEach(each -> cli.say("GPT %d       %s, sectors %d to %d%n".formatted(each.index() + 1,
                        each.name().isEmpty() ? each.type().toString() : each.name(), each.first(), each.last()))));
        for (IsoInspector.Area area : report.areas()) {
            cli.say("area        %s: %d of %d bytes used%s%n".formatted(area.kind(), area.used(), area.capacity(),
                    area.offset() < 0 ? "" : ", at byte " + area.offset()));
        }
    }
}
