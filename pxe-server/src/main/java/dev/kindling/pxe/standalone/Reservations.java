package dev.kindling.pxe.standalone;

import dev.kindling.pxe.Client;
import dev.kindling.pxe.MacAddress;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The machines for which something is kept. Immutable. */
public final class Reservations {
    /** None. */
    public static final Reservations NONE = new Reservations(List.of());

    private final Map<MacAddress, Reservation> byMac = new HashMap<>();
    private final Map<UUID, Reservation> byUuid = new HashMap<>();
    private final Map<String, Reservation> byClientId = new HashMap<>();
    private final Set<InetAddress> addresses = new HashSet<>();
    private final List<Reservation> all;

    /** Of two for the same machine, the later one counts: whoever reads them from a file refuses that. */
    public Reservations(List<Reservation> all) {
        this.all = List.copyOf(all);
        for (Reservation each : all) {
            put(byMac, each.mac(), each);
            put(byUuid, each.uuid(), each);
            put(byClientId, each.clientId(), each);
            if (each.address() != null) {
                addresses.add(each.address());
            }
        }
    }

    private static <K> void put(Map<K, Reservation> map, @Nullable K key, Reservation value) {
        if (key != null) {
            map.put(key, value);
        }
    }

    /** All of them, in their order. */
    public List<Reservation> all() {
        return all;
    }

    /** The one for a client: by its MAC address, else by its client id, else by its UUID. */
    Optional<Reservation> of(Client client) {
        Reservation found = byMac.get(client.mac());
        if (found == null) {
            found = byClientId.get(client.sent().clientId());
        }
        return Optional.ofNullable(found != null ? found : byUuid.get(client.uuid()));
    }

    Optional<Reservation> of(@Nullable MacAddress mac) {
        return Optional.ofNullable(byMac.get(mac));
    }

    Optional<Reservation> of(UUID uuid) {
        return Optional.ofNullable(byUuid.get(uuid));
    }

    boolean keeps(InetAddress address) {
        return addresses.contains(address);
    }
}
