package dev.kindling.engine.store;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import java.time.Instant;
import java.util.List;

/** One event of each kind. */
final class Samples {
    private Samples() {}

    static Event note(String text) {
        return new Event.Noted(null, false, text);
    }

    static List<Event> all() {
        Hardware hardware = new Hardware("QEMU", "Standard PC", "u-1", "EPYC", 4, 4096, "uefi", null, "2.0",
                List.of(new Hardware.Disk("vda", "QEMU DISK", "S1", "", 4L << 30, "virtio", false, false, "", "empty")),
                List.of(new Hardware.Nic("eno1", "52:54:00:00:00:01", true, 1000, "virtio_net")));
        Instant at = Instant.parse("2026-01-02T03:04:05.123456789Z");
        return List.of(new Event.Defined("kind: Cluster\n", "defined"),
                new Event.RunStarted("p1", 3, true, List.of("simulated"), "started"),
                new Event.StepStarted("install/a", "a", 1, "x"), new Event.StepStarted("network", null, 2, "x"),
                new Event.StepProgressed("install/a", "a", 0.25, "x"), new Event.StepDone("install/a", "a", true, "x"),
                new Event.StepFailed("install/a", "a", 3, Problem.error("c", "p", "m", "e", "r"), -1, "x"),
                new Event.RunEnded(Event.Outcome.CANCELLED, "x"),
                new Event.MachineObserved("a", BootStage.KERNEL, -1, "ünïcode \"quoted\" \u2028 line"),
                new Event.MachineStuck("a", null, "x"), new Event.InventoryReceived("a", hardware, "x"),
                new Event.UnknownMachineSeen("52:54:00:00:00:09", "uefi", "x"),
                new Event.DiskWriteOrdered("a", "o1", new Plan.DiskTarget("serial S1", "QEMU DISK", 4L << 30), "x"),
                new Event.DiskWritten("a", "o1", "x"), new Event.InstallConfigServed("a", 2, "x"),
                new Event.BootScriptServed("a", 1, "x"), new Event.RemovalStarted("x"), new Event.Removed("x"),
                new Event.ResourceCreated("process", "4711", "x"), new Event.ResourceRemoved("process", "4711", "x"),
                new Event.ConditionChanged(
                        new Condition(Condition.Type.NODES_READY, Condition.Status.UNKNOWN, "Waiting",
                                "no node yet", at),
                        "x"),
                new Event.SecretStored("kubeconfig", "x"), new Event.HandedOff("abc", "main", "x"),
                new Event.Noted(null, true, "stand-in"),
                new Event.StepSkipped("boot/a", "a", "install/a failed", "x"),
                new Event.Requested(Event.Request.PAUSE, "x"), new Event.RunPaused("x"), new Event.RunContinued("x"),
                new Event.HookRan("before-install", "install/a", "a", List.of("notify", "a b"), 12, "said",
                        Problem.error("c", "p", "m", "e", "r"), "x"),
                new Event.WebhookDelivered("https://ci.example/hook", 7, "x"));
    }
}
