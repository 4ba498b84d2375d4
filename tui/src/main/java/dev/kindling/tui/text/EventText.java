package dev.kindling.tui.text;

import dev.kindling.engine.api.Event;

/** Recorded events for people. */
public final class EventText {
    private EventText() {}

    /** {@code 2026-11-21T03:12:01Z demo-wk-1: asked for an address}; failures and warnings carry a word, too. */
    public static String line(Event.Recorded recorded, Ansi ansi) {
        return ansi.faint(Text.instant(recorded.at())) + " " + body(recorded.event(), ansi);
    }

    /** The line without the time. */
    public static String body(Event event, Ansi ansi) {
        String text = Text.clean(event.text());
        String machine = event.machine();
        String who = machine == null || text.startsWith(machine) ? "" : ansi.bold(machine) + ": ";
        return who + switch (mark(event)) {
            case NONE -> text;
            case GOOD -> ansi.green(text);
            case WARNING -> ansi.yellow("WARNING ") + text;
            case BAD -> ansi.red("FAILED ") + text;
        };
    }

    /** How an event is to be marked. */
    public enum Mark {
        NONE,
        GOOD,
        WARNING,
        BAD
    }

    public static Mark mark(Event event) {
        return switch (event) {
            case Event.StepFailed _ -> Mark.BAD;
            case Event.RunEnded ended -> switch (ended.outcome()) {
                case DONE -> Mark.GOOD;
                case FAILED -> Mark.BAD;
                case CANCELLED -> Mark.WARNING;
            };
            case Event.StepSkipped _,Event.RunPaused _ -> Mark.WARNING;
            case Event.HookRan hook -> hook.problem() == null ? Mark.NONE : Mark.WARNING;
            case Event.RunContinued _,Event.Requested _,Event.WebhookDelivered _ -> Mark.NONE;
            case Event.MachineStuck stuck -> stuck.reason() == null ? Mark.NONE : Mark.WARNING;
            case Event.UnknownMachineSeen _ -> Mark.WARNING;
            case Event.Noted noted -> noted.warning() ? Mark.WARNING : Mark.NONE;
            case Event.Defined _,Event.RunStarted _,Event.StepStarted _,Event.StepProgressed _,Event.StepDone _,Event.MachineObserved _,Event.InventoryReceived _,Event.DiskWriteOrdered _,Event.DiskWritten _,Event.BootScriptServed _,Event.InstallConfigServed _,Event.RemovalStarted _,Event.Removed _,Event.ResourceCreated _,Event.ResourceRemoved _,Event.ConditionChanged _,Event.SecretStored _,Event.HandedOff _ ->
                Mark.NONE;
        };
    }
}
