package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.boot.MachineService;
import dev.kindling.engine.boot.Payload;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What serves and powers the machines of one run; closing it stops exactly that. */
final class Site implements AutoCloseable {
    private final String where;
    private final MachineControl control;
    private final PayloadMaker payloadMaker;
    private final ServiceStarter starter;
    private final RandomGenerator random;
    private volatile @Nullable Payload payload;
    private volatile @Nullable MachineService service;

    /** Makes the boot files; may take a minute the first time. */
    interface PayloadMaker {
        Payload make(Step.Attempt attempt) throws IOException, InterruptedException, Step.Failed;
    }

    /** Starts the boot service. */
    interface ServiceStarter {
        MachineService start(Payload payload) throws IOException, Step.Failed;
    }

    Site(String where, MachineControl control, PayloadMaker payloadMaker, ServiceStarter starter,
            RandomGenerator random) {
        this.where = where;
        this.control = control;
        this.payloadMaker = payloadMaker;
        this.starter = starter;
        this.random = random;
    }

    /** For people: the interface, or "loopback". */
    String where() {
        return where;
    }

    MachineControl control() {
        return control;
    }

    boolean bootFilesReady() {
        return payload != null;
    }

    void prepareBootFiles(Step.Attempt attempt) throws IOException, InterruptedException, Step.Failed {
        payload = payloadMaker.make(attempt);
    }

    boolean serving() {
        return service != null;
    }

    void serve(Step.Attempt attempt) throws IOException, InterruptedException, Step.Failed {
        control.prepare();
        MachineService started = starter.start(Objects.requireNonNull(payload));
        service = started;
        attempt.progress(1, "DHCP, TFTP and HTTP answer on " + where + ", " + started.baseUrl());
    }

    MachineService service() {
        return Objects.requireNonNull(service, "the boot service is started before machines are");
    }

    void release(Event.DiskWriteOrdered order) {
        service().release(order);
    }

    String newOrderId() {
        byte[] id = new byte[8];
        random.nextBytes(id);
        return HexFormat.of().formatHex(id);
    }

    @Override
    public void close() {
        control.close();
        MachineService running = service;
        if (running != null) {
            running.close();
        }
    }
}
