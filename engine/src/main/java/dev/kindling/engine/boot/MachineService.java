package dev.kindling.engine.boot;

import dev.kindling.engine.api.Event;

/** What the machines of one cluster boot from, while it is open. */
public interface MachineService extends AutoCloseable {
    /** As machines reach it, without a slash at the end. */
    String baseUrl();

    /** Lets a machine's stage carry out an order that is in the journal. */
    void release(Event.DiskWriteOrdered order);

    @Override
    void close();
}
