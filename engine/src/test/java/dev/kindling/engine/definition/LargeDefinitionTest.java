package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Edit;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Ten thousand machines. */
class LargeDefinitionTest {
    private static final String COUNTED = """
            apiVersion: kindling.dev/v1
            kind: Cluster
            metadata: {name: big}
            spec:
              distribution: {name: k3s, version: v1.34.2+k3s1}
              networks: [{name: lan, cidr: 127.77.0.0/16, bootServer: 127.77.0.1}]
              nodePools:
                - {name: control, role: control-plane, kind: simulated, count: 1}
                - {name: workers, role: worker, kind: simulated, count: 9000, addresses: 127.77.10.0-127.77.60.255}
                - {name: more, role: worker, kind: simulated, count: 999}
            """;

    @Test
    void eachOfTenThousandCountedMachinesIsItsOwn() {
        Cluster cluster = Kindling.modelOf(Definitions.read("big", COUNTED));

        assertThat(cluster.machines()).hasSize(10_000);
        Set<String> names = new HashSet<>();
        Set<MacAddress> macs = new HashSet<>();
        Set<InetAddress> addresses = new HashSet<>();
        Set<String> serials = new HashSet<>();
        for (Machine machine : cluster.machines()) {
            names.add(machine.name());
            macs.add(machine.mac());
            addresses.add(machine.address());
            serials.add(String.valueOf(machine.disk().serial()));
            assertThat(Integer.parseInt(machine.mac().value().substring(0, 2), 16) & 3)
                    .as("locally administered, of a single port").isEqualTo(2);
        }
        assertThat(List.of(names, macs, addresses, serials)).allSatisfy(each -> assertThat(each).hasSize(10_000));
        assertThat(serials).as("as long as virtio allows").allMatch(serial -> serial.length() <= 20);
    }

    @Test
    void machinesStayWhatTheyAreWhenAPoolGrows() {
        Cluster before = Kindling.modelOf(Definitions.read("big", COUNTED.replace("9000", "100")));
        Cluster after = Kindling.modelOf(Definitions
                .edit("big", COUNTED.replace("9000", "100"), List.of(Edit.number("spec.nodePools[more].count", 2000)))
                .validation());

        assertThat(after.machines()).hasSize(2101);
        assertThat(after.machines().subList(0, before.machines().size())).isEqualTo(before.machines());
    }

    @Test
    void poolWithAddressesOfItsOwnStaysWhereItIsWhenAnotherGrows() {
        String text = COUNTED.replace("count: 1}", "count: 1, addresses: 127.77.0.11-127.77.0.19}");
        Cluster before = Kindling.modelOf(Definitions.read("big", text));
        Cluster after = Kindling.modelOf(Definitions.read("big", text.replace("count: 1,", "count: 3,")
                .replace("count: 999", "count: 990")));

        assertThat(addresses(after, "workers")).isEqualTo(addresses(before, "workers"));
        assertThat(addresses(after, "more")).isEqualTo(addresses(before, "more").subList(0, 990));
    }

    private static List<String> addresses(Cluster cluster, String pool) {
        return cluster.machines().stream().filter(machine -> machine.pool().equals(pool))
                .map(machine -> machine.mac() + " " + machine.address().getHostAddress()).toList();
    }

    @Test
    void listOfTenThousandIsReadAndChanged() {
        String text = Definitions.demo(Machine.Kind.SIMULATED, 10_000);

        assertThat(Kindling.modelOf(Definitions.read("listed", text)).machines()).hasSize(10_000);
        assertThat(Definitions.edit("listed", text, List.of(Edit.remove("spec.nodePools[workers].machines[9998]"),
                Edit.number("spec.nodePools[workers].count", 9998))).validation().cluster()).isNotNull();
    }
}
