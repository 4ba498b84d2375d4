package dev.kindling.tui.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/reference/api.md says, done: bash and curl (Debian packages) read the page from the top to the bottom. */
class ApiPageTest {
    private static final Path PAGE = Path.of("../docs/reference/api.md");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```bash\\n(.*?)^```$");

    @TempDir
    Path directory;

    @Test
    void everyCommandOfThePageWorks() throws Exception {
        String commands = BLOCK.matcher(Files.readString(PAGE)).results().map(block -> block.group(1))
                .collect(Collectors.joining("\n"));
        Path place = Files.createDirectory(directory.resolve("place"));
        // the page's port may be somebody's
        KindlingCommand.Said page = new KindlingCommand(place).run(
                "set -euxo pipefail\ntrap 'kill %1 2>/dev/null && wait %1 || true' EXIT\n" + commands
                        .replace("kindling serve &", "kindling serve --listen 127.0.0.1:8443 &")
                        .replace("127.0.0.1:8443", "127.0.0.1:" + freePort()),
                Map.of(), 180);
        String said = page.text();
        assertThat(page.code()).as(said).isZero();
        assertThat(said).contains("token-missing", "\"kind\":\"DELETE\"", "kindling_clusters{state=\"ready\"}");
        String token = Files.readString(place.resolve(".kindling/api-token")).strip();
        assertThat(said.lines().filter(line -> !line.startsWith("+")).anyMatch(line -> line.contains(token)))
                .as("the token is printed").isFalse();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Test
    void everyPathIsInThePagesTable() throws IOException {
        var document = JsonMapper.builder().build().readTree(PAGE.resolveSibling("openapi.json").toFile());
        String table = Files.readString(PAGE).split("## All paths\n\n", -1)[1];
        var wanted = new StringBuilder("| path | role | what |\n|---|---|---|\n");
        document.path("paths").properties().forEach(path -> path.getValue().properties()
                .forEach(method -> wanted.append("| `").append(method.getKey().toUpperCase(Locale.ROOT)).append(' ')
                        .append(path.getKey()).append("` | ")
                        .append(method.getValue().path("x-kindling-role").asText("-")).append(" | ")
                        .append(method.getValue().path("summary").asText()).append(" |\n")));
        assertThat(table).isEqualTo(wanted.toString());
    }
}
