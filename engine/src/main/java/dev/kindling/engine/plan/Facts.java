package dev.kindling.engine.plan;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the journal says that a plan must know. Pure.
 *
 * @param definition the text that was accepted last; null: none, or the cluster was removed since
 * @param done the steps that were done and not begun anew since, by id
 * @param hardware of the machines, as they told it last
 * @param disks of the machines: the last order of each
 * @param events since the cluster was last removed
 * @param ran whether a run began since then
 * @param settled whether the last run has ended well and is still what was accepted last
 */
public record Facts(@Nullable String definition, Map<String, Done> done, Map<String, Hardware> hardware,
        Map<String, Disk> disks, List<Event.Recorded> events, boolean ran,
        boolean settled) {
    /**
     * A step that was done.
     *
     * @param machine null: the whole cluster
     * @param inputs fingerprint of what it was made of; null: a version of Kindling did it that recorded none
     * @param definition the text that held then; empty: none was recorded
     */
    public record Done(@Nullable String machine, @Nullable String inputs, String definition) {}

    /**
     * An order to write a disk.
     *
     * @param written whether it was carried out
     */
    public record Disk(String order, Plan.DiskTarget target, boolean written) {}

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
        boolean settled = false;
        var done = new LinkedHashMap<String, Done>();
        var hardware = new LinkedHashMap<String, Hardware>();
        var disks = new LinkedHashMap<String, Disk>();
        for (Event.Recorded recorded : events) {
            switch (recorded.event()) {
                case Event.Defined(String text, String _) -> {
                    settled &= text.equals(definition);
                    definition = text;
                }
                case Event.RunStarted _ -> {
                    ran = true;
                    settled = false;
                }
                case Event.StepDone(String step, String machine, boolean _, String _, String inputs) ->
                    done.put(step, new Done(machine, inputs, definition == null ? "" : definition));
                case Event.RunEnded(Event.Outcome outcome, String _) -> settled = outcome == Event.Outcome.DONE;
                case Event.StepStarted(String step, String _, int _, String _, String _) -> done.remove(step);
                case Event.InventoryReceived(String machine, Hardware told, String _) -> hardware.put(machine, told);
                case Event.DiskWriteOrdered(String machine, String order, Plan.DiskTarget target, String _) ->
                    disks.put(machine, new Disk(order, target, false));
                case Event.DiskWritten(String machine, String order, String _) -> disks.computeIfPresent(machine,
                        (_, disk) -> disk.order().equals(order) ? new Disk(order, disk.target(), true) : disk);
                default -> {
                    // of no matter to a plan
                }
            }
        }
        return new Facts(definition, done, hardware, disks, List.copyOf(events), ran, settled);
    }

    public Optional<String> lastDefinition() {
        return Optional.ofNullable(definition);
    }

    /** Whether the last order of a machine's disk was carried out, on the disk that is wanted now. */
    boolean written(String machine, Plan.DiskTarget wanted) {
        Disk disk = disks.get(machine);
        return disk != null && disk.written() && disk.target().selector().equals(wanted.selector());
    }
}
