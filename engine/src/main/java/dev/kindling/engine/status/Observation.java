package dev.kindling.engine.status;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Event;
import java.util.Optional;

/** What an event tells of a machine's boot. */
record Observation(String machine, BootStage stage, double fraction, String text) {

    /** Empty for events that tell nothing of that. */
    static Optional<Observation> of(Event event) {
        return Optional.ofNullable(switch (event) {
            case Event.MachineObserved seen ->
                new Observation(seen.machine(), seen.stage(), seen.fraction(), seen.text());
            case Event.InventoryReceived seen -> new Observation(seen.machine(), BootStage.INSTALLER, -1, seen.text());
            case Event.DiskWritten seen -> new Observation(seen.machine(), BootStage.WRITTEN, -1, seen.text());
            case Event.BootScriptServed seen -> new Observation(seen.machine(), BootStage.SCRIPT, -1, seen.text());
            case Event.InstallConfigServed seen -> new Observation(seen.machine(), BootStage.JOINING, -1, seen.text());
            default -> null;
        });
    }
}
