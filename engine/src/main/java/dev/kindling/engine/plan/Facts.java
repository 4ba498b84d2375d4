package dev.kindling.engine.plan;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the journal says that a plan must know. Pure.
 *
 * @param definition the text that was accepted last; null: none, or the cluster was removed since
 * @param done ids of the steps that were done since that text was accepted
 * @param hardware of the machines, as they told it last
 * @param events since the cluster was last removed
 * @param ran whether a run began since then
 */
public record Facts(@Nullable String definition, Set<String> done, Map<String, Hardware> hardware,
        List<Event.Recorded> events, boolean ran) {
    /** Folds the whole journal of a cluster. */
    public static Facts of(List<Event.Recorded> journal) {
        int start = 0;
        for (int i = 0; i < journal.size(); i++) {
            if (journal.get(i).event() instanceof Event.Removed) {
                start = i + 1;
            }
        }
        List<Event.Recorded> events = journal.subList(start, journal.size());
        String definition = null;
        boolean ran = false;
        var done = new LinkedHashSet<String>();
        var hardware = new LinkedHashMap<String, Hardware>();
        for (Event.Recorded recorded : events) {
            switch (recorded.event()) {
                case Event.Defined(String text, String _) -> {
                    if (!text.equals(definition)) {
                        done.clear();
                        definition = text;
                    }
                }
                case Event.RunStarted _ -> ran = true;
                case Event.StepDone(String step, String _, boolean _, String _) -> done.add(step);
                case Event.StepStarted(String step, String _, int _, String _) -> done.remove(step);
                case Event.InventoryReceived(String machine, Hardware told, String _) -> hardware.put(machine, told);
                default -> {
                    // of no matter to a plan
                }
            }
        }
        return new Facts(definition, done, hardware, List.copyOf(events), ran);
    }

    public Optional<String> lastDefinition() {
        return Optional.ofNullable(definition);
    }

    /** Whether everything was done for exactly this definition. */
    public boolean isDone(String step, String wantedDefinition) {
        return wantedDefinition.equals(definition) && done.contains(step);
    }

    /** Fingerprint of a definition and of the facts that a plan for it depends on: SHA-256, the first 16 hex digits. */
    public String planId(String wantedDefinition, List<Plan.Action> actions) {
        var text = new StringBuilder(wantedDefinition);
        for (Plan.Action action : actions) {
            text.append('\n').append(action.id()).append(' ').append(action.done()).append(' ').append(action.before())
                    .append(' ').append(action.disk());
        }
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256")
                    .digest(text.toString().getBytes(StandardCharsets.UTF_8)), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
