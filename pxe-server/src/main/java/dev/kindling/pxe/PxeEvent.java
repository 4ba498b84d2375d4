package dev.kindling.pxe;

import java.net.InetAddress;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Something that a machine did, or that we refused, told as it happened. */
public sealed interface PxeEvent {
    Instant at();

    /** The machine, where it is known. */
    @Nullable
    MacAddress mac();

    /** A line for people, without the time and the MAC. */
    String text();

    /** A DHCP message arrived and was for us. */
    record DhcpSeen(Instant at, MacAddress mac, String messageType, Agent agent, Firmware firmware, String text)
            implements
                PxeEvent {}

    /** An address was offered or acknowledged, with what to boot. */
    record DhcpAnswered(Instant at, MacAddress mac, String messageType, InetAddress address, @Nullable String bootFile,
            String text) implements PxeEvent {}

    /** A request that we do not answer, with the reason. */
    record Ignored(Instant at, @Nullable MacAddress mac, String reason, String text) implements PxeEvent {}

    /** A transfer began. */
    record FetchStarted(Instant at, @Nullable MacAddress mac, BootSource.Protocol protocol, String path, long size,
            String text) implements PxeEvent {}

    /** A transfer ended with the last byte acknowledged (TFTP) or written (HTTP). */
    record FetchDone(Instant at, @Nullable MacAddress mac, BootSource.Protocol protocol, String path, long bytes,
            long millis, String text) implements PxeEvent {}

    /**
     * A transfer failed or was given up, with the reason; "asked the size only" is not a failure and is not told here.
     */
    record FetchFailed(Instant at, @Nullable MacAddress mac, BootSource.Protocol protocol, String path, String reason,
            String text) implements PxeEvent {}

    /**
     * Something does not go on that should; the machine may still recover.
     *
     * @param stage what the machine is at, such as "HTTP images/vmlinuz"
     * @param seconds for how long nothing has moved
     * @param reason what it is likely to be
     */
    record Stalled(Instant at, @Nullable MacAddress mac, String stage, long seconds, String reason,
            String text) implements PxeEvent {}

    /**
     * A host uses an address of ours that it was not given.
     *
     * @param mac the host
     */
    record AddressConflict(Instant at, MacAddress mac, InetAddress address, String text) implements PxeEvent {}

    /**
     * Another DHCP or PXE server answers on our link.
     *
     * @param mac the machine that it answers; null where we asked it ourselves
     * @param address its server identifier
     * @param offers what it was heard to offer; null where only its name is known
     */
    record ForeignServer(Instant at, @Nullable MacAddress mac, InetAddress address, @Nullable Offer offers, String text)
            implements
                PxeEvent {}

    /**
     * What a foreign server offers.
     *
     * @param address from its pool; null: none, as ProxyDHCP does
     * @param nextServer the TFTP server; null: none
     * @param bootFile null: none
     */
    record Offer(@Nullable InetAddress address, @Nullable InetAddress nextServer, @Nullable String bootFile) {}
}
