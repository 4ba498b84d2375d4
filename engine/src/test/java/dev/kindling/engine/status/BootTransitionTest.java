package dev.kindling.engine.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.BootStage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class BootTransitionTest {
    private static final Path TABLE = Path.of("src/test/resources/dev/kindling/engine/status/boot-transitions.txt");

    @Test
    void meansWhatTheTableSaysForEveryStageAndEveryEvidence() throws IOException {
        String table = table();
        if (Boolean.getBoolean("golden.update")) {
            Files.writeString(TABLE, table);
        }
        assertThat(table).isEqualTo(Files.readString(TABLE, StandardCharsets.UTF_8));
    }

    @Test
    void neverGoesBackWithoutSayingSo() {
        for (BootStage current : BootStage.values()) {
            for (BootStage observed : BootStage.values()) {
                BootTransition transition = BootTransition.of(current, observed);
                if (transition.stage().compareTo(current) < 0) {
                    assertThat(transition.meaning()).isEqualTo(BootTransition.Meaning.NEW_BOOT);
                }
            }
        }
    }

    private static String table() {
        StringBuilder text = new StringBuilder("""
                # row: the stage it is in; column: the evidence; cell: the stage after it
                # (! a new boot, ~ restarting as expected, . no change)
                """);
        text.append("%-10s".formatted(""));
        for (BootStage observed : BootStage.values()) {
            text.append(" %-10s".formatted(observed));
        }
        for (BootStage current : BootStage.values()) {
            text.append("\n%-10s".formatted(current));
            for (BootStage observed : BootStage.values()) {
                BootTransition next = BootTransition.of(current, observed);
                text.append(" %-10s".formatted(switch (next.meaning()) {
                    case FORWARD -> next.stage().name();
                    case NEW_BOOT -> "!" + next.stage();
                    case RESTARTING -> "~";
                    case NO_CHANGE -> ".";
                }));
            }
        }
        return text.toString().lines().map(String::stripTrailing).reduce("", (a, b) -> a + b + "\n");
    }
}
