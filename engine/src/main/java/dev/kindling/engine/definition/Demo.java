package dev.kindling.engine.definition;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Definitions that need no hardware. */
final class Demo {
    static final String VERSION = "v1.34.2+k3s1";
    /** As many as fit below the DHCP pool of a /24. */
    private static final int MAX_VIRTUAL = 200;

    private Demo() {}

    /** One control-plane machine and workers, named by Kindling. Every other one has BIOS firmware. */
    static Draft draft(Machine.Kind kind, int count) {
        int most = kind == Machine.Kind.SIMULATED ? Format.MAX_MACHINES : MAX_VIRTUAL;
        if (kind == Machine.Kind.MANUAL || count < 1 || count > most) {
            throw new IllegalArgumentException("a demo has 1 to " + MAX_VIRTUAL + " virtual or 1 to "
                    + Format.MAX_MACHINES + " simulated machines, not " + count + " " + Values.word(kind));
        }
        List<DraftMachine> machines = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Role role = i == 0 ? Role.CONTROL_PLANE : Role.WORKER;
            int number = i == 0 ? 1 : i;
            machines.add(new DraftMachine("", Values.word(role), Values.word(kind), mac(i + 1), "",
                    "KDL-DEMO-" + MachineReader.abbreviation(role).toUpperCase(Locale.ROOT) + "-" + number,
                    i % 2 == 0 ? "bios" : "uefi"));
        }
        return kind == Machine.Kind.SIMULATED
                ? new Draft("demo", "k3s", VERSION, "server", "127.77.0.0/16", "127.77.0.1",
                        "127.77.250.0-127.77.250.255", "", "", "", machines)
                : new Draft("demo", "k3s", VERSION, "server", "10.77.0.0/24", "10.77.0.1", "10.77.0.220-10.77.0.250",
                        "", "", "", machines);
    }

    /** Locally administered (IEEE 802), in the block that QEMU uses. */
    private static String mac(int number) {
        return String.format(Locale.ROOT, "52:54:00:4b:%02x:%02x", number >> 8, number & 0xff);
    }

    /** Compact where there are many machines. */
    static String write(Machine.Kind kind, int count, long memoryMib) {
        Draft draft = draft(kind, count);
        StringBuilder yaml = new StringBuilder();
        yaml.append("""
                # The demonstration of Kindling: %s
                # The keys are explained in docs/reference/definition.md.
                apiVersion: %s
                kind: Cluster
                metadata:
                  name: %s
                spec:
                  distribution: {name: %s, version: %s}
                  boot: {method: pxe, dhcp: server}
                  networks:
                    - name: provisioning
                      cidr: %s
                      # the address of this computer
                      bootServer: %s
                      pool: %s
                      isolated: true
                  nodePools:
                """.formatted(
                kind == Machine.Kind.SIMULATED
                        ? "simulated machines, programs on the loopback interface"
                        : "a virtual rack, QEMU machines on this computer",
                Format.VERSION, draft.name(), draft.distribution(), draft.version(), draft.cidr(), draft.bootServer(),
                draft.pool()));
        pool(yaml, "control-plane", "control-plane", kind, memoryMib, draft.machines().subList(0, 1));
        if (count > 1) {
            pool(yaml, "workers", "worker", kind, memoryMib, draft.machines().subList(1, count));
        }
        return yaml.toString();
    }

    private static void pool(StringBuilder yaml, String name, String role, Machine.Kind kind, long memoryMib,
            List<DraftMachine> machines) {
        yaml.append("""
                    - name: %s
                      role: %s
                      count: %d
                      kind: %s
                      minimum: {cpus: 1, memory: %dMi, disk: 4Gi}
                      virtual: {cpus: 1, memory: %dMi, disk: 4Gi}
                      machines:
                """.formatted(name, role, machines.size(), Values.word(kind),
                Math.min(memoryMib, Format.OfMinimum.DEFAULT_MEMORY_MIB), memoryMib));
        for (DraftMachine machine : machines) {
            yaml.append("        - {mac: \"").append(machine.mac()).append("\", disk: {serial: ")
                    .append(machine.diskSerial()).append("}, virtual: {firmware: ").append(machine.firmware())
                    .append("}}\n");
        }
    }
}
