package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The pages for users say what is so.
 *
 * <p>
 * A block {@code ```bash} is run, all blocks of a page in one shell, in their order; what they need beforehand is in
 * comments of the page, {@code <!-- test: ... -->}. A block {@code ```bash (what it needs)} needs what is not here, and
 * is only read: each {@code kindling} in it, and in the text, must be a command that there is.
 */
class DocsTest {
    private static final Path HOME = Path.of(System.getProperty("kindling.home", "..")).toAbsolutePath().normalize();
    private static final Pattern FENCE = Pattern
            .compile("(?m)^```([^`\\n]*)\\n((?s:.*?))^```$|<!-- test: ((?s:.*?)) -->");
    private static final Pattern INLINE = Pattern.compile("`([^`\\n]+(?:\\n[^`\\n]+)?)`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)(?:#([^)\\s]+))?\\)");
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|[^\\s'\"]+");

    @TempDir
    Path directory;

    private final CommandLine grammar = Cli.grammar(new Surroundings(java.io.InputStream.nullInputStream(), System.out,
            System.err, Map.of(), Path.of(""), java.time.Clock.systemUTC(), false, false, () -> 80, (_, _) -> {
                throw new IllegalStateException("nothing is run here");
            }, _ -> () -> {}));

    static Stream<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>(List.of(HOME.resolve("README.md"), HOME.resolve("CONTRIBUTING.md")));
        try (Stream<Path> docs = Files.walk(HOME.resolve("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
        }
        return pages.stream();
    }

    /** {@code api.md} has a test of its own, because a server runs meanwhile. */
    static Stream<Path> pagesWithCommands() throws IOException {
        return pages().filter(page -> !page.endsWith("api.md") && !script(text(page)).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("pagesWithCommands")
    void commandsOfThePageWork(Path page) throws Exception {
        Path place = Files.createDirectory(directory.resolve("place"));
        KindlingCommand kindling = new KindlingCommand(place);
        Files.writeString(place.resolve("kindling"), "#!/bin/sh\nexec kindling \"$@\"\n");
        assertThat(place.resolve("kindling").toFile().setExecutable(true)).isTrue();

        KindlingCommand.Said said = kindling.run("set -euxo pipefail\n" + script(text(page)), Map.of(), 300);

        assertThat(said.code()).as(end(said.text())).isZero();
    }

    private static String end(String text) {
        return text.substring(Math.max(0, text.length() - 3000));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandOfThePageExists(Path page) throws IOException {
        String text = text(page);
        if (page.endsWith("cli.md")) {
            return; // it is the program's own help
        }
        for (MatchResult fence : FENCE.matcher(text).results().toList()) {
            if (fence.group(2) == null) {
                continue;
            }
            boolean shell = fence.group(1).startsWith("bash");
            for (String line : fence.group(2).replace("\\\n", " ").lines().toList()) {
                List<String> command = command(line);
                if (shell) {
                    check(page, line, command, false);
                } else {
                    assertThat(line.matches("(sudo )?(\\./)?kindling .*")).as("%s: '%s' is in a block that is not bash",
                            page, line).isFalse();
                }
            }
        }
        String prose = FENCE.matcher(text).replaceAll("");
        assertThat(prose.lines()).as("%s: commands are in blocks", page)
                .noneMatch(line -> line.matches(" {4,}(sudo )?(\\./)?kindling .*"));
        for (MatchResult inline : INLINE.matcher(prose).results().toList()) {
            String code = inline.group(1).replace('\n', ' ').replace("\\|", "|");
            if (code.matches("(\\./)?kindling( .*)?")) {
                check(page, code, command(code), true);
            }
        }
    }

    /** @param mentioned whether it stands in a sentence, where what it needs may be left out */
    private void check(Path page, String line, List<String> words, boolean mentioned) {
        if (words.isEmpty()) {
            return;
        }
        try {
            grammar.parseArgs(words.toArray(String[]::new));
        } catch (UnmatchedArgumentException e) {
            throw new AssertionError(page + ": " + line + ": " + Misuse.sentence(e), e);
        } catch (ParameterException e) {
            if (!mentioned) {
                throw new AssertionError(page + ": " + line + ": " + Misuse.sentence(e), e);
            }
        }
    }

    /** The words behind {@code kindling} in a line of shell; empty where there is none. */
    private static List<String> command(String line) {
        Matcher start = Pattern.compile("(?:^|[\\s;(/])kindling(?=\\s|$)").matcher(line);
        List<String> words = new ArrayList<>();
        int comment = line.indexOf(" #");
        if (!start.find() || (comment >= 0 && start.start() >= comment) || line.startsWith("#")
                || line.substring(0, start.start()).matches(".*(createdb|cat).*")) {
            return words;
        }
        Matcher word = WORD.matcher(line.substring(start.end()));
        while (word.find() && !word.group().matches("[0-9]*[|>&;<].*|#.*|\\.\\.\\.")) {
            String found = word.group(1) != null ? word.group(1) : word.group(2) != null ? word.group(2) : word.group();
            words.add(found.replaceFirst("[;)]+$", ""));
            if (found.endsWith(";") || found.endsWith(")")) {
                break;
            }
        }
        return words;
    }

    private static String script(String text) {
        StringBuilder script = new StringBuilder();
        boolean runs = false;
        for (MatchResult fence : FENCE.matcher(text).results().toList()) {
            if (fence.group(3) != null) {
                script.append(fence.group(3)).append('\n');
            } else if (fence.group(1).equals("bash")) {
                script.append(fence.group(2));
                runs = true;
            }
        }
        return runs ? script.toString() : "";
    }

    @Test
    void everyBlockOfCommandsIsRunOrSaysWhatItNeeds() throws IOException {
        for (Path page : pages().toList()) {
            assertThat(FENCE.matcher(text(page)).results().filter(fence -> fence.group(1) != null)
                    .map(fence -> fence.group(1)))
                    .as(page.toString())
                    .allMatch(kind -> kind.matches("|bash|bash \\([^)]+\\)|yaml|json|text|java"));
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void linksLeadSomewhere(Path page) throws IOException {
        for (MatchResult link : LINK.matcher(FENCE.matcher(text(page)).replaceAll("")).results().toList()) {
            if (link.group(1).contains("://")) {
                continue;
            }
            Path target = page.resolveSibling(link.group(1)).normalize();
            assertThat(target).as("%s: %s", page, link.group()).exists();
            String anchor = link.group(2);
            if (anchor != null) {
                assertThat(text(target).lines().filter(line -> line.startsWith("#"))
                        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(java.util.Locale.ROOT)
                                .replaceAll("[^a-z0-9 -]", "").replace(' ', '-')))
                        .as("%s: %s", page, link.group()).contains(anchor);
            }
        }
    }

    private static String text(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
