package dev.kindling.pxe.dhcp;

import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What relay agents say in option 82 (RFC 3046), as far as it counts here. */
final class RelayInfo {
    private static final int CIRCUIT_ID = 1;
    private static final int REMOTE_ID = 2;
    /** RFC 3527. */
    private static final int LINK_SELECTION = 5;
    /** RFC 5107. */
    private static final int SERVER_ID_OVERRIDE = 11;

    private final DhcpOptions inner;

    private RelayInfo(DhcpOptions inner) {
        this.inner = inner;
    }

    static RelayInfo of(DhcpPacket packet) {
        return new RelayInfo(packet.options().inner(OptionCode.RELAY_AGENT_INFORMATION).orElse(DhcpOptions.none()));
    }

    @Nullable
    String circuitId() {
        return readable(CIRCUIT_ID);
    }

    @Nullable
    String remoteId() {
        return readable(REMOTE_ID);
    }

    /** An address of the network that the client is on, where that is not the one of giaddr. */
    Optional<Inet4Address> linkSelection() {
        return inner.address(LINK_SELECTION);
    }

    /** The relay's own address, which clients are to take for the server's, so that renewals go through it too. */
    Optional<Inet4Address> serverIdOverride() {
        return inner.address(SERVER_ID_OVERRIDE).filter(address -> !address.isAnyLocalAddress());
    }

    private @Nullable String readable(int code) {
        return inner.bytes(code).map(value -> {
            for (byte each : value) {
                if (each < ' ' || each > '~') {
                    return HexFormat.of().formatHex(value);
                }
            }
            return new String(value, StandardCharsets.US_ASCII);
        }).orElse(null);
    }
}
