package dev.kindling.pxe;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Keeps the events of a server, and waits for one. */
public final class Recorder implements Consumer<PxeEvent> {
    private final LinkedBlockingQueue<PxeEvent> queue = new LinkedBlockingQueue<>();
    private final List<PxeEvent> taken = new ArrayList<>();

    @Override
    public void accept(PxeEvent event) {
        queue.add(event);
    }

    /** The next event of this kind, with all before it dropped; an event that never comes fails. */
    public <E extends PxeEvent> E next(Class<E> kind) throws InterruptedException {
        while (true) {
            var event = queue.poll(30, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no " + kind.getSimpleName() + " came, only " + taken);
            }
            taken.add(event);
            if (kind.isInstance(event)) {
                return kind.cast(event);
            }
        }
    }

    /** What has come so far and was not taken. */
    public List<PxeEvent> rest() {
        return List.copyOf(queue);
    }
}
