package dev.kindling.desktop;

import dev.kindling.engine.api.ClusterStatus.State;
import dev.kindling.engine.api.Condition;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import javafx.scene.control.Label;

/** States as icon, word and colour together. */
final class States {
    private States() {}

    static Label pill(State state) {
        return switch (state) {
            case DEFINED -> Ui.pill("Defined", Icon.FILE, "neutral");
            case PROGRESSING -> Ui.pill("Progressing", Icon.CLOCK, "accent");
            case READY -> Ui.pill("Ready", Icon.CHECK, "success");
            case DEGRADED -> Ui.pill("Degraded", Icon.WARNING, "warning");
            case FAILED -> Ui.pill("Failed", Icon.CROSS, "danger");
            case DELETING -> Ui.pill("Deleting", Icon.CLOCK, "warning");
            case DELETED -> Ui.pill("Deleted", Icon.TRASH, "neutral");
        };
    }

    static Label pill(Condition condition) {
        String name = name(condition);
        Label pill = switch (condition.status()) {
            case TRUE -> Ui.pill(name, Icon.CHECK, "success");
            case FALSE -> Ui.pill(name, Icon.CROSS, "neutral");
            case UNKNOWN -> Ui.pill(name, Icon.RING, "neutral");
        };
        String text = name + " is " + condition.status().name().toLowerCase(Locale.ROOT) + " ("
                + condition.reason() + "): " + condition.message();
        pill.setAccessibleText(text);
        Ui.tooltip(pill, text);
        return pill;
    }

    /** {@code INFRASTRUCTURE_READY}: Infrastructure ready. */
    private static String name(Condition condition) {
        String words = Arrays.stream(condition.type().name().split("_")).map(word -> word.toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" "));
        return Problems.capital(words);
    }
}
