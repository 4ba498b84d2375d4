package dev.kindling.engine.api;

import java.util.List;

/**
 * Answers of a wizard as they were typed: plain text, empty where not answered yet. {@link Kindling#compose} makes the
 * definition of it, {@link Kindling#validate} finds what is wrong.
 *
 * @param distribution {@code k3s} and so on
 * @param dhcp {@code server} or {@code proxy}
 * @param cidr provisioning network
 * @param bootServer our address on it
 * @param pool FIRST-LAST
 * @param gateway may be empty
 * @param dns separated by commas, may be empty
 * @param vip may be empty
 */
public record Draft(String name, String distribution, String version, String dhcp, String cidr, String bootServer,
        String pool, String gateway, String dns, String vip, List<DraftMachine> machines) {
    public Draft {
        machines = List.copyOf(machines);
    }

    /**
     * A machine as typed.
     *
     * @param name may be empty: named by the cluster and its role
     * @param role {@code control-plane}, {@code worker}, ...
     * @param kind {@code manual}, {@code virtual} or {@code simulated}
     * @param firmware {@code bios} or {@code uefi}; of meaning for virtual and simulated machines only
     */
    public record DraftMachine(String name, String role, String kind, String mac, String address, String diskSerial,
            String firmware) {}
}
