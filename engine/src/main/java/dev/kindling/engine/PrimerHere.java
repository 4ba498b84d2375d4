package dev.kindling.engine;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.boot.BootAssets;
import dev.kindling.engine.boot.PrimerAnswers;
import dev.kindling.engine.boot.PrimerInstall;
import dev.kindling.engine.boot.PrimerMedium;
import dev.kindling.engine.definition.Definitions;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The primer, made and installed by this process. */
final class PrimerHere implements Primer {
    private static final String MAIN = "dev.kindling.tui.Main";
    private final Path cache;
    private final Path root;

    /**
     * @param cache for what others made
     * @param root of this computer's file system
     */
    PrimerHere(Path cache, Path root) {
        this.cache = cache;
        this.root = root;
    }

    @Override
    public Made make(Order order, Progress progress) throws IOException {
        List<Problem> problems = new ArrayList<>();
        if (!order.answers().isEmpty()) {
            problems.addAll(PrimerAnswers.read("answers", order.answers()).problems());
        }
        if (!order.definition().isEmpty()) {
            problems.addAll(Definitions.read("definition", order.definition()).problems().stream()
                    .filter(each -> each.severity() == Problem.Severity.ERROR).toList());
        }
        if (!problems.isEmpty()) {
            return new Made(problems, order.output(), 0, "");
        }
        return switch (BootAssets.prepare(cache, BootAssets.KernelFlavour.GENERIC, progress::at)) {
            case BootAssets.Incomplete incomplete -> new Made(
                    incomplete.missing().stream()
                            .map(each -> Problem.error("primer-part-missing", each.what(), each.why(),
                                    "the Debian package " + each.debianPackage(), incomplete.remedy()))
                            .toList(),
                    order.output(), 0, "");
            case BootAssets.Ready ready -> {
                List<Path> classPath = Pattern.compile(File.pathSeparator, Pattern.LITERAL)
                        .splitAsStream(System.getProperty("java.class.path")).filter(each -> !each.isEmpty())
                        .map(Path::of).toList();
                // a discovery medium has no answers, but perhaps somebody to report to
                String answers = order.report().map(url -> "report.url=" + url + "\n").orElse(order.answers());
                PrimerMedium medium = PrimerMedium.make(ready.assets(),
                        new PrimerMedium.Order(order.output(), answers, order.definition(), order.discovery(),
                                order.packages(), classPath, MAIN, List.of("tui", "--warm-up")),
                        progress::at);
                yield new Made(List.of(), medium.file(), medium.bytes(), medium.id());
            }
        };
    }

    @Override
    public Optional<Live> live() throws IOException {
        Optional<PrimerInstall> install = installer();
        return install.isEmpty() ? Optional.empty() : Optional.of(install.get().live());
    }

    @Override
    public Installation check(String source, String answers, String definition) throws IOException {
        return installer().orElseThrow(PrimerHere::notLive).check(source, answers, definition, hardware());
    }

    @Override
    public Written write(Installation installation, Watcher watcher) throws IOException {
        return installer().orElseThrow(PrimerHere::notLive).write(installation, new SecureRandom(), Clock.systemUTC(),
                watcher);
    }

    @Override
    public void leave(boolean restart) throws IOException {
        installer().orElseThrow(PrimerHere::notLive).leave(restart);
    }

    private static IOException notLive() {
        return new IOException("this is no live system of a primer medium");
    }

    private Hardware hardware() {
        return LocalHardware.read(root);
    }

    /** What the initramfs wrote of the start; other systems have no such file. */
    private Optional<PrimerInstall> installer() throws IOException {
        Path started = root.resolve("run/kindling-boot");
        if (!Files.exists(started)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(started);
        return lines.contains("state=disk")
                ? Optional.empty()
                : lines.stream().filter(line -> line.startsWith("primer=")).findFirst()
                        .map(line -> new PrimerInstall(root, line.substring(7)));
    }
}
