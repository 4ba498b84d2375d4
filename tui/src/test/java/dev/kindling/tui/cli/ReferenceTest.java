package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.tui.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The reference documentation is what the program says of itself. */
class ReferenceTest {
    private static final Path DOCS = Path.of("../docs/reference");

    @TempDir
    Path directory;

    @Test
    void theReferenceOfTheCommandLineIsItsHelp() {
        CliHarness shell = new CliHarness(directory);
        StringBuilder page = new StringBuilder(
                """
                        # The command line

                        Written by a test from the program's own help (`mvn test -Dgolden.update=true` writes it anew). Exit codes:
                        [exit-codes.md](exit-codes.md).
                        """);
        for (String name : Stream.concat(Stream.of(""), names("", grammar())).toList()) {
            List<String> words = name.isEmpty() ? List.of() : List.of(name.split(" ", -1));
            assertThat(shell.run(Stream.concat(words.stream(), Stream.of("--help")).toArray(String[]::new))).isZero();
            assertThat(shell.out().lines()).allMatch(line -> line.length() <= 80);
            page.append("\n## ").append(("kindling " + name).strip()).append("\n\n```\n").append(shell.out())
                    .append("```\n");
        }
        Golden.checkFile(DOCS.resolve("cli.md"), page.toString());
    }

    @Test
    void commandsAreFoundByTheNamesThatTheyHave() {
        assertThat(grammar().getSubcommands().keySet()).containsExactlyInAnyOrderElementsOf(Cli.commands().keySet());
        Cli.commands().forEach((name, command) -> assertThat(command.getAnnotation(CommandLine.Command.class).name())
                .isEqualTo(name));
    }

    private static Stream<String> names(String above, CommandLine grammar) {
        return grammar.getSubcommands().entrySet().stream().sorted(Map.Entry.comparingByKey())
                .flatMap(command -> Stream.concat(Stream.of(above + command.getKey()),
                        names(above + command.getKey() + " ", command.getValue())));
    }

    private CommandLine grammar() {
        return Cli.grammar(new Surroundings(java.io.InputStream.nullInputStream(), System.out, System.err,
                Map.of(), directory, java.time.Clock.systemUTC(), false, false, () -> 80, (_, _) -> {
                    throw new IllegalStateException("nothing is run here");
                }, _ -> () -> {}));
    }

    @Test
    void everyExitCodeIsExplained() throws IOException {
        String page = Files.readString(DOCS.resolve("exit-codes.md"));
        CliHarness shell = new CliHarness(directory);
        shell.run("--help");
        for (int code : new int[]{ExitCode.DONE, ExitCode.FAILED, ExitCode.BAD_USE, ExitCode.CHANGES,
                ExitCode.CANCELLED}) {
            assertThat(page).contains("| " + code + " | ");
            assertThat(shell.out()).containsPattern("\n  " + code + " +\\S");
        }
    }
}
