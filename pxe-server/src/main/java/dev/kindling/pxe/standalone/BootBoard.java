package dev.kindling.pxe.standalone;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@link BootProgress} of every machine that was heard, the ones heard last; for several threads. */
public final class BootBoard {
    /** A bound, so that forged requests cannot fill the memory. */
    private static final int MOST = 10_000;
    private final Map<MacAddress, BootProgress> machines = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<MacAddress, BootProgress> eldest) {
            return size() > MOST;
        }
    };
    private final Map<MacAddress, Instant> told = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<MacAddress, Instant> eldest) {
            return size() > MOST;
        }
    };

    /** A machine that does not go on, and why. */
    public record Stuck(BootProgress progress, String reason) {}

    /** Takes an event in. */
    public synchronized void accept(PxeEvent event) {
        MacAddress mac = event.mac();
        if (mac != null) {
            BootProgress before = machines.get(mac);
            if (before != null) {
                machines.put(mac, before.after(event));
            } else {
                BootProgress.first(event).ifPresent(first -> machines.put(mac, first));
            }
        }
    }

    /** All machines, the one heard last at the end. */
    public synchronized List<BootProgress> machines() {
        return List.copyOf(machines.values());
    }

    /** The machines that are stuck now and were not told of since they entered their stage. */
    public synchronized List<Stuck> newlyStuck(Instant now) {
        var found = new ArrayList<Stuck>();
        machines.values().forEach(each -> each.stuck(now).ifPresent(reason -> {
            if (!each.since().equals(told.put(each.mac(), each.since()))) {
                found.add(new Stuck(each, reason));
            }
        }));
        return found;
    }
}
