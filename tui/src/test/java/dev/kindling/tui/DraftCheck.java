package dev.kindling.tui;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.MacAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The fake engine's reading of a draft: enough problems to walk the wizard through. */
final class DraftCheck {
    private DraftCheck() {}

    static String yaml(Draft draft) {
        StringBuilder out = new StringBuilder();
        out.append("apiVersion: kindling.dev/v1\nkind: Cluster\nmetadata:\n  name: ").append(draft.name())
                .append("\nspec:\n  distribution:\n    name: ").append(draft.distribution()).append("\n    version: ")
                .append(draft.version()).append("\n  boot:\n    dhcp: ").append(draft.dhcp())
                .append("\n  networks:\n    - name: provisioning\n      cidr: ").append(draft.cidr())
                .append("\n      bootServer: ").append(draft.bootServer()).append("\n      pool: ")
                .append(draft.pool()).append("\n      gateway: ").append(draft.gateway()).append("\n      dns: [")
                .append(draft.dns()).append("]\n  addressing:\n    vip: ").append(draft.vip())
                .append("\n  nodePools:\n");
        draft.machines()
                .forEach(machine -> out.append("    - machine: ").append(machine.name()).append("\n      role: ")
                        .append(machine.role()).append("\n      kind: ").append(machine.kind()).append("\n      mac: ")
                        .append(machine.mac()).append("\n      address: ").append(machine.address())
                        .append("\n      disk: ").append(machine.diskSerial()).append("\n      firmware: ")
                        .append(machine.firmware()).append('\n'));
        return out.toString();
    }

    static List<Problem> problems(Draft draft, String text) {
        List<Problem> problems = new ArrayList<>();
        check(problems, text, "metadata.name", "name: " + draft.name(), draft.name(), "a DNS label",
                value -> require(value.matches("[a-z]([a-z0-9-]*[a-z0-9])?")));
        check(problems, text, "spec.networks[0].cidr", "cidr:", draft.cidr(), "a network such as 10.77.0.0/24",
                Cidr::parse);
        check(problems, text, "spec.networks[0].bootServer", "bootServer:", draft.bootServer(), "an address",
                InetAddress::ofLiteral);
        check(problems, text, "spec.networks[0].pool", "pool:", draft.pool(), "FIRST-LAST", AddressRange::parse);
        if (draft.machines().isEmpty()) {
            problems.add(new Problem(Problem.Severity.ERROR, "pools-missing", "spec.nodePools", 1, 1,
                    "there is no machine", "at least one machine with the role control-plane", "add a machine"));
        }
        for (int i = 0; i < draft.machines().size(); i++) {
            Draft.DraftMachine machine = draft.machines().get(i);
            check(problems, text, "spec.nodePools[" + i + "].machines[0].mac", "mac: " + machine.mac(), machine.mac(),
                    "six pairs of hex digits", MacAddress::new);
            check(problems, text, "spec.nodePools[" + i + "].machines[0].address", "address: " + machine.address(),
                    machine.address(), "an address of the network", InetAddress::ofLiteral);
        }
        return problems;
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new IllegalArgumentException();
        }
    }

    private static void check(List<Problem> problems, String text, String path, String near, String value,
            String expected, Consumer<String> parser) {
        try {
            parser.accept(value);
        } catch (IllegalArgumentException e) {
            String before = text.substring(0, Math.max(0, text.indexOf(near)));
            int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
            int column = before.length() - before.lastIndexOf('\n');
            problems.add(new Problem(Problem.Severity.ERROR, path.replaceAll(".*\\.", "") + "-invalid", path, line,
                    column, "'" + value + "' is not valid", expected, "correct it"));
        }
    }
}
