package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The shell scripts that run on the machines. */
class GuestScriptsTest {
    private static final Path SCRIPTS = Path.of(System.getProperty("kindling.home", ".."),
            "assets/src/main/resources/dev/kindling/assets/guest");

    @Test
    void shellcheckHasNothingToSay() throws IOException {
        List<String> command = new ArrayList<>(List.of("shellcheck", "--external-sources", "--shell=dash",
                "--exclude=SC1091,SC2034,SC2154"));
        try (var files = Files.list(SCRIPTS)) {
            files.filter(file -> file.toString().endsWith(".sh")).sorted()
                    .forEach(file -> command.add(file.toString()));
        }
        assertThat(command).as("scripts").hasSizeGreaterThan(8);
        // Fails with what shellcheck says, or where the Debian package shellcheck is missing.
        assertThat(Command.run(SCRIPTS, command)).isEmpty();
    }

    @Test
    void busyboxCanParseThem() throws IOException {
        BootAssets assets = TestAssets.get();
        try (var files = Files.list(SCRIPTS)) {
            for (Path file : files.filter(each -> each.toString().endsWith(".sh")).toList()) {
                Command.run(SCRIPTS, List.of(assets.file(BootAssets.Source.BUSYBOX).toString(), "ash", "-n",
                        file.toString()));
            }
        }
    }
}
