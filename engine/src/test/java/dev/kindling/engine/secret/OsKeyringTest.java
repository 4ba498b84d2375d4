package dev.kindling.engine.secret;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real GNOME Keyring on a private session bus, with nobody at a desktop; and a computer that has none. */
@Timeout(120)
class OsKeyringTest {
    @TempDir
    Path temporary;

    /** Runs inside the session. */
    static final class Session {
        private Session() {}

        public static void main(String[] arguments) throws IOException {
            Place place = Place.file(Path.of(arguments[0]));
            Keys keys = Keys.ofUser(Map.of("KINDLING_KEY", "keyring"), Path.of("/nowhere"), _ -> Optional.empty());
            switch (arguments[1]) {
                case "make" -> {
                    try (SecretStore store = SecretStore.open(place, keys, new SecureRandom(), Clock.systemUTC())) {
                        store.put("a", Secret.of("canary-7719"));
                    }
                }
                case "rotate" -> {
                    try (SecretStore store = SecretStore.open(place, keys, new SecureRandom(), Clock.systemUTC())) {
                        store.rotate(keys.fresh());
                        System.out.println("value=" + store.get("a").map(Secret::reveal).orElse("none"));
                    }
                }
                default -> {
                    try {
                        SecretStore.open(place, keys, new SecureRandom(), Clock.systemUTC()).close();
                    } catch (SecretsLocked e) {
                        System.out.println(e.problem());
                    }
                }
            }
        }
    }

    @Test
    void keepsTheKeyInARealKeyringAndForgetsTheOldOneAfterARotation() throws Exception {
        Path file = temporary.resolve("secrets");
        Path home = temporary.resolve("home");
        Files.createDirectories(home.resolve(".local/share"));
        String java = java(file);
        String output = run(home, List.of("dbus-run-session", "--", "sh", "-ec", """
                printf 'login password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
                %s make
                first=$(sed -n 's/.*"account" : "\\(.*\\)".*/\\1/p' %s)
                test -n "$(secret-tool lookup service kindling account "$first")" && echo kept
                %s rotate
                second=$(sed -n 's/.*"account" : "\\(.*\\)".*/\\1/p' %s)
                test "$first" != "$second" && echo another
                test -n "$(secret-tool lookup service kindling account "$second")" && echo kept too
                secret-tool lookup service kindling account "$first" || echo forgotten
                secret-tool clear service kindling account "$second"
                %s open
                """.formatted(java, file, java, file, java)));
        assertThat(output).contains("kept\n", "another\n", "kept too\n", "forgotten\n", "value=canary-7719")
                .contains("secrets-key-missing");
        assertThat(Files.readString(file)).doesNotContain("canary").contains("\"keyring\"");
    }

    @Test
    void saysWhatToDoWhereThereIsNoKeyring() throws Exception {
        String output = run(temporary, List.of("env", "-u", "DBUS_SESSION_BUS_ADDRESS", "-u", "DISPLAY", "sh", "-c",
                java(temporary.resolve("secrets")) + " open"));
        assertThat(output).contains("secrets-keyring").contains("KINDLING_KEY=passphrase");
        output = run(temporary, List.of("sh", "-c", "PATH=/nowhere; " + java(temporary.resolve("secrets")) + " open"));
        assertThat(output).contains("the program secret-tool is not there").contains("libsecret-tools");
        assertThat(temporary.resolve("secrets")).doesNotExist();
    }

    private static String java(Path file) {
        return "'" + ProcessHandle.current().info().command().orElseThrow() + "' -XX:TieredStopAtLevel=1 -cp '"
                + System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")) + "' '"
                + Session.class.getName() + "' '" + file + "'";
    }

    private static String run(Path home, List<String> command) throws Exception {
        Path log = home.resolve("output");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("HOME", home.toString());
        builder.environment().put("XDG_RUNTIME_DIR", home.toString());
        builder.environment().put("XDG_DATA_HOME", home.resolve(".local/share").toString());
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return Files.readString(log);
    }
}
