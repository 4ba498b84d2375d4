package dev.kindling.pxe.standalone;

import dev.kindling.pxe.MacAddress;
import java.net.Inet4Address;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What is kept for one machine, which is known by at least one of the first three.
 *
 * @param mac hardware address
 * @param uuid option 97: the UUID of its SMBIOS
 * @param clientId option 61, in hexadecimal
 * @param address always this one; null: any from the pool
 * @param hostName option 12; null: none
 * @param boot where it differs from the other machines
 */
public record Reservation(@Nullable MacAddress mac, @Nullable UUID uuid, @Nullable String clientId,
        @Nullable Inet4Address address, @Nullable String hostName, BootSettings boot) {
    public Reservation {
        if (mac == null && uuid == null && clientId == null) {
            throw new IllegalArgumentException("a reservation is for a MAC address, a UUID or a client id");
        }
    }
}
