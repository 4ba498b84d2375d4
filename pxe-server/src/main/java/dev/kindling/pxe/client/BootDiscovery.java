package dev.kindling.pxe.client;

import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.OptionCode;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an offer asks of PXE firmware (PXE specification 2.1, chapter 2): to fetch its boot file, or to ask a boot
 * server on port 4011 first. Of a menu the first item is taken, as the firmware does when its time is over. Boot
 * servers are not looked for by broadcast or multicast.
 *
 * @param asks whether a boot server is to be asked
 * @param type of the boot server, which the question names; null: none is named
 * @param local whether the menu's first item is the machine's own disk
 * @param servers that are listed for the type; empty: the offer's own
 */
record BootDiscovery(boolean asks, @Nullable Integer type, boolean local, List<InetAddress> servers) {
    private static final int USE_BOOT_FILE = 8;
    private static final int LOCAL_BOOT = 0;

    BootDiscovery {
        servers = List.copyOf(servers);
    }

    /**
     * By the offer, or by the ACK of a server that gives the address as well.
     *
     * @param proxy whether it is an offer without an address
     * @throws BootException where option 43 is malformed
     */
    static BootDiscovery of(DhcpPacket offer, boolean proxy) throws BootException {
        DhcpOptions vendor = offer.options().inner(OptionCode.VENDOR_SPECIFIC).orElse(DhcpOptions.none());
        boolean useFile = (vendor.number(OptionCode.PXE_DISCOVERY_CONTROL).orElse(0) & USE_BOOT_FILE) != 0
                && offer.bootFile().isPresent();
        boolean speaksPxe = proxy || offer.options().text(OptionCode.VENDOR_CLASS)
                .filter(name -> name.startsWith("PXEClient")).isPresent();
        boolean lists = vendor.has(OptionCode.PXE_BOOT_SERVERS) || vendor.has(OptionCode.PXE_BOOT_MENU);
        // a server that gives addresses and names a file without such a list is one of BOOTP's kind
        if (useFile || !speaksPxe || (!proxy && offer.bootFile().isPresent() && !lists)) {
            return new BootDiscovery(false, null, false, List.of());
        }
        try {
            Optional<Integer> item = vendor.bytes(OptionCode.PXE_BOOT_MENU).map(menu -> ByteBuffer.wrap(menu).getShort()
                    & 0xffff);
            if (item.isPresent() && item.get() == LOCAL_BOOT) {
                return new BootDiscovery(false, LOCAL_BOOT, true, List.of());
            }
            return servers(item.orElse(null), vendor.bytes(OptionCode.PXE_BOOT_SERVERS).orElse(new byte[0]));
        } catch (BufferUnderflowException | UnknownHostException e) {
            throw new BootException("dhcp", "option 43 of the offer is malformed");
        }
    }

    /** Each entry: type, number of addresses, addresses. */
    private static BootDiscovery servers(@Nullable Integer wanted, byte[] list) throws UnknownHostException {
        ByteBuffer entries = ByteBuffer.wrap(list);
        while (entries.hasRemaining()) {
            int type = entries.getShort() & 0xffff;
            var addresses = new ArrayList<InetAddress>();
            for (int count = entries.get() & 0xff; count > 0; count--) {
                byte[] address = new byte[4];
                entries.get(address);
                addresses.add(InetAddress.getByAddress(address));
            }
            if (wanted == null || wanted == type) {
                return new BootDiscovery(true, type, false, addresses);
            }
        }
        return new BootDiscovery(true, wanted, false, List.of());
    }

    /** What the question to the boot server has in addition: the item that was chosen, in layer 0. */
    DhcpOptions item() {
        return type == null
                ? DhcpOptions.none()
                : DhcpOptions.none().with(OptionCode.VENDOR_SPECIFIC,
                        DhcpOptions.none().withInt(OptionCode.PXE_BOOT_ITEM, type << 16));
    }
}
