package dev.kindling.desktop.vm;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Draft.DraftMachine;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes drafts: from a model, from saved answers, and the next machine of a row. */
public final class Drafts {
    private static final BigInteger MAC_END = BigInteger.ONE.shiftLeft(48);

    private Drafts() {}

    /** The answers that would lead to this cluster, as far as the wizard asks for what it holds. */
    static Draft of(Cluster cluster) {
        Network network = cluster.provisioningNetwork();
        return new Draft(cluster.name(), word(cluster.distribution().kind()), cluster.distribution().version(),
                word(cluster.boot().dhcp()), network.cidr().toString(), literal(network.bootServer()),
                Objects.toString(network.pool(), ""), literal(network.gateway()),
                network.dns().stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", ")),
                literal(cluster.addressing().vip()), cluster.machines().stream().map(Drafts::of).toList());
    }

    private static DraftMachine of(Machine machine) {
        Machine.VirtualHardware virtual = machine.virtual();
        return new DraftMachine(machine.name(), word(machine.role()), word(machine.kind()), machine.mac().value(),
                machine.address().getHostAddress(), Objects.requireNonNullElse(machine.disk().serial(), ""),
                virtual == null ? "uefi" : word(virtual.firmware()));
    }

    /** A machine to go on with after the others: same kind, next address, next MAC where we choose it. */
    static DraftMachine next(List<DraftMachine> machines, String cluster) {
        if (machines.isEmpty()) {
            return new DraftMachine("", "control-plane", "manual", "", "", "", "uefi");
        }
        DraftMachine last = machines.getLast();
        boolean ours = !last.kind().equals("manual");
        int number = machines.size() + 1;
        while (holdsSerial(machines, serial(cluster, number))) {
            number++;
        }
        return new DraftMachine("", "worker", last.kind(), ours ? nextMac(machines) : "", nextAddress(machines),
                ours ? serial(cluster, number) : "", last.firmware());
    }

    private static boolean holdsSerial(List<DraftMachine> machines, String serial) {
        return machines.stream().anyMatch(machine -> machine.diskSerial().equalsIgnoreCase(serial));
    }

    private static String serial(String cluster, int number) {
        return ("KDL-" + cluster + "-" + number).toUpperCase(Locale.ROOT);
    }

    private static String nextMac(List<DraftMachine> machines) {
        BigInteger highest = BigInteger.ZERO;
        for (DraftMachine machine : machines) {
            String digits = machine.mac().replaceAll("[:-]", "");
            if (digits.matches("[0-9a-fA-F]{12}")) {
                highest = highest.max(new BigInteger(digits, 16));
            }
        }
        BigInteger next = highest.add(BigInteger.ONE);
        if (highest.signum() == 0 || next.compareTo(MAC_END) >= 0) {
            return "";
        }
        String digits = String.format(Locale.ROOT, "%012x", next);
        return digits.replaceAll("(..)(?!$)", "$1:");
    }

    private static String nextAddress(List<DraftMachine> machines) {
        byte[] highest = new byte[0];
        for (DraftMachine machine : machines) {
            byte[] address = bytes(machine.address());
            if (address.length > 0 && (highest.length == 0 || (address.length == highest.length
                    && new BigInteger(1, address).compareTo(new BigInteger(1, highest)) > 0))) {
                highest = address;
            }
        }
        if (highest.length == 0) {
            return "";
        }
        byte[] next = highest.clone();
        for (int i = next.length - 1; i >= 0 && ++next[i] == 0; i--) {
            // carries into the byte before
        }
        try {
            return InetAddress.getByAddress(next).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] bytes(String literal) {
        try {
            return InetAddress.ofLiteral(literal.strip()).getAddress();
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** For a file that keeps answers between two starts, however unfinished they are. */
    public static Properties toProperties(Draft draft) {
        Properties properties = new Properties();
        properties.setProperty("name", draft.name());
        properties.setProperty("distribution", draft.distribution());
        properties.setProperty("version", draft.version());
        properties.setProperty("dhcp", draft.dhcp());
        properties.setProperty("cidr", draft.cidr());
        properties.setProperty("bootServer", draft.bootServer());
        properties.setProperty("pool", draft.pool());
        properties.setProperty("gateway", draft.gateway());
        properties.setProperty("dns", draft.dns());
        properties.setProperty("vip", draft.vip());
        for (int i = 0; i < draft.machines().size(); i++) {
            DraftMachine machine = draft.machines().get(i);
            String prefix = "machine." + i + ".";
            properties.setProperty(prefix + "name", machine.name());
            properties.setProperty(prefix + "role", machine.role());
            properties.setProperty(prefix + "kind", machine.kind());
            properties.setProperty(prefix + "mac", machine.mac());
            properties.setProperty(prefix + "address", machine.address());
            properties.setProperty(prefix + "disk", machine.diskSerial());
            properties.setProperty(prefix + "firmware", machine.firmware());
        }
        return properties;
    }

    /** The answers in a file; what is missing is empty. */
    public static Draft fromProperties(Properties properties) {
        java.util.ArrayList<DraftMachine> machines = new java.util.ArrayList<>();
        for (int i = 0; properties.containsKey("machine." + i + ".role"); i++) {
            String prefix = "machine." + i + ".";
            machines.add(new DraftMachine(properties.getProperty(prefix + "name", ""),
                    properties.getProperty(prefix + "role", ""), properties.getProperty(prefix + "kind", ""),
                    properties.getProperty(prefix + "mac", ""), properties.getProperty(prefix + "address", ""),
                    properties.getProperty(prefix + "disk", ""), properties.getProperty(prefix + "firmware", "")));
        }
        return new Draft(properties.getProperty("name", ""), properties.getProperty("distribution", ""),
                properties.getProperty("version", ""), properties.getProperty("dhcp", ""),
                properties.getProperty("cidr", ""), properties.getProperty("bootServer", ""),
                properties.getProperty("pool", ""), properties.getProperty("gateway", ""),
                properties.getProperty("dns", ""), properties.getProperty("vip", ""), machines);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String literal(@Nullable InetAddress address) {
        return address == null ? "" : address.getHostAddress();
    }
}
