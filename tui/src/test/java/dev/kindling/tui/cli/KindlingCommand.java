package dev.kindling.tui.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The command {@code kindling} as a process of its own, for scripts of bash. */
final class KindlingCommand {
    private final Path directory;
    private final Path bin;

    /** @param directory where scripts run */
    KindlingCommand(Path directory) throws IOException {
        this.directory = directory;
        bin = Files.createDirectories(directory.resolveSibling(directory.getFileName() + "-bin"));
        command("kindling", """
                exec '%s' --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \\
                  -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dkindling.home='%s' -cp '%s' dev.kindling.tui.Main "$@"
                """.formatted(Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("kindling.home", Path.of("..").toAbsolutePath().normalize().toString()),
                System.getProperty("java.class.path")));
    }

    /** Puts another command first on the scripts' path. */
    void command(String name, String script) throws IOException {
        Path file = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    /** What a script said, on both streams, and how it ended. */
    record Said(String text, int code) {}

    /** Runs a script of bash; it, and what it started, is ended after the time. */
    Said run(String script, Map<String, String> environment, int seconds) throws IOException, InterruptedException {
        Path file = Files.writeString(bin.resolve("script.sh"), script);
        Path said = bin.resolve("said");
        var builder = new ProcessBuilder("bash", file.toString()).directory(directory.toFile())
                .redirectErrorStream(true).redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(said.toFile());
        builder.environment().merge("PATH", bin.toString(), (path, own) -> own + ":" + path);
        builder.environment().putAll(Map.of("KINDLING_KEY_FILE", bin.resolve("key").toString(), "HOME",
                directory.toString(), "TERM", "dumb"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
            String text = Files.readString(said, StandardCharsets.UTF_8);
            return ended ? new Said(text, process.exitValue()) : new Said(text + "\n(still at work)", -1);
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }
}
