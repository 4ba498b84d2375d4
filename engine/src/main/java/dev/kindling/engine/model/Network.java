package dev.kindling.engine.model;

import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A network that machines are attached to.
 *
 * @param name DNS label
 * @param vlan 1 to 4094; null: untagged
 * @param gateway default route of the machines; null: none
 * @param dns name servers that the machines use
 * @param domain DNS domain; null: none
 * @param bootServer our address on it; null where the boot service is not on this network
 * @param pool addresses leased to machines without a reservation; null: none
 * @param isolated true where machines may not be routed elsewhere
 * @param attachment how each machine's ports are combined for this network
 */
public record Network(String name, Cidr cidr, @Nullable Integer vlan, @Nullable InetAddress gateway,
        List<InetAddress> dns, @Nullable String domain, @Nullable InetAddress bootServer, @Nullable AddressRange pool,
        boolean isolated, Attachment attachment) {
    public Network {
        dns = List.copyOf(dns);
    }

    /**
     * How a machine's ports carry a network.
     *
     * @param bond LACP (802.3ad) or active-backup over {@code ports}; null: a single port
     * @param bridge name of a bridge on top; null: none
     * @param ports interface names, such as {@code eno1}; empty: the port that booted
     */
    public record Attachment(@Nullable Bond bond, @Nullable String bridge, List<String> ports) {
        public static final Attachment SINGLE_PORT = new Attachment(null, null, List.of());

        public Attachment {
            ports = List.copyOf(ports);
        }
    }

    /** Bonding modes. */
    public enum Bond {
        LACP,
        ACTIVE_BACKUP
    }
}
