package dev.kindling.tui.pxe;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeServer;
import dev.kindling.pxe.client.FirmwareClient;
import dev.kindling.pxe.client.Loss;
import dev.kindling.pxe.client.Machine;
import dev.kindling.pxe.client.Network;
import dev.kindling.pxe.client.Timing;
import java.net.InetAddress;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/** Boots a machine that exists in this process only, so that everything that a boot needs has been loaded once. */
final class WarmUp {
    private WarmUp() {}

    static void run(PxeServer server, InetAddress address) throws InterruptedException {
        var network = Network.loopback(address, server.dhcpPort(), server.proxyPort(), server.tftpPort());
        for (Machine.Kind kind : new Machine.Kind[]{Machine.Kind.BIOS_PXE, Machine.Kind.UEFI_HTTP}) {
            var machine = new Machine(new MacAddress("02:00:00:00:00:01"), new UUID(1, 1), kind, Map.of());
            new FirmwareClient(machine, network, Timing.brief(), Loss.none(), new Random(1), step -> {}).boot();
        }
    }
}
