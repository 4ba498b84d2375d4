package dev.kindling.tui.cli;

import dev.kindling.engine.api.Event;
import dev.kindling.tui.text.Ansi;
import dev.kindling.tui.text.EventText;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** One line per event, for logs and pipes. Of a growing fraction only every quarter is worth a line. */
final class PlainProgress implements Progress {
    private final Consumer<String> lines;
    private final Ansi ansi;
    private final Map<String, Double> shown = new HashMap<>();

    PlainProgress(Consumer<String> lines, Ansi ansi) {
        this.lines = lines;
        this.ansi = ansi;
    }

    @Override
    public void event(Event.Recorded recorded) {
        if (worthALine(recorded.event())) {
            lines.accept(EventText.line(recorded, ansi));
        }
    }

    private boolean worthALine(Event event) {
        return switch (event) {
            case Event.StepProgressed progressed -> grown("step " + progressed.step(), progressed.fraction());
            case Event.MachineObserved observed ->
                grown("machine " + observed.machine() + " " + observed.stage(), observed.fraction());
            case Event.Defined _,Event.RunStarted _,Event.StepStarted _,Event.StepDone _,Event.StepFailed _,Event.RunEnded _,Event.MachineStuck _,Event.InventoryReceived _,Event.UnknownMachineSeen _,Event.DiskWriteOrdered _,Event.DiskWritten _,Event.BootScriptServed _,Event.InstallConfigServed _,Event.RemovalStarted _,Event.Removed _,Event.ResourceCreated _,Event.ResourceRemoved _,Event.ConditionChanged _,Event.SecretStored _,Event.HandedOff _,Event.Noted _,Event.StepSkipped _,Event.Requested _,Event.RunPaused _,Event.RunContinued _,Event.HookRan _ ->
                true;
            case Event.WebhookDelivered _ -> false;
        };
    }

    private boolean grown(String what, double fraction) {
        if (fraction < 0) {
            return true;
        }
        Double last = shown.get(what);
        boolean worth = last == null || fraction < last || fraction - last >= 0.25 || (fraction >= 1 && last < 1);
        if (worth) {
            shown.put(what, fraction);
        }
        return worth;
    }

    @Override
    public void note(String line) {
        lines.accept(line);
    }

    @Override
    public void close() {}
}
