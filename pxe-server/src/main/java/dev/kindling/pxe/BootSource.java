package dev.kindling.pxe;

import java.net.InetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The one who knows the machines: decides what each of them boots, and holds the files.
 *
 * <p>
 * Called from several threads at once. A call may touch a local store but must not wait for the network: the DHCP
 * answer of every other machine waits behind it.
 */
public interface BootSource {
    /** Decides for a machine that asks by DHCP. */
    Answer answer(Client client);

    /**
     * Whether the address is kept for one machine, which may not have asked yet: it is then never given to another from
     * the pool.
     */
    default boolean isReserved(InetAddress address) {
        return false;
    }

    /** The file behind a TFTP read request or an HTTP GET or HEAD; empty becomes "not found". */
    Optional<BootFile> open(Fetch fetch);

    /**
     * Whether {@link #open} needs no more than the memory and the local disk. It is then called by the very threads
     * that serve the network, which saves a hand-over for each small file; all others are asked on threads of their
     * own.
     */
    default boolean answersAtOnce() {
        return false;
    }

    /** Takes what a machine reports by HTTP POST (an inventory, a progress line). */
    default Reply post(Post post) {
        return new Reply(405, "nothing is taken here\n");
    }

    /** How a file is asked for. */
    enum Protocol {
        TFTP,
        HTTP
    }

    /**
     * A request for a file.
     *
     * @param protocol TFTP or HTTP
     * @param path decoded, normalised, without a leading slash; never contains {@code ..}, NUL or a back-slash
     * @param remote address of the asker
     * @param mac the machine that holds a lease on that address from us; null where unknown
     * @param token value of the HTTP header {@code Authorization: Bearer}; null where absent
     * @param head true for HTTP HEAD: nothing that is given out once may be consumed by it
     */
    record Fetch(Protocol protocol, String path, InetAddress remote, @Nullable MacAddress mac, @Nullable String token,
            boolean head) {}

    /**
     * An HTTP POST of at most 1 MiB.
     *
     * @param path as in {@link Fetch}
     * @param body UTF-8 text
     */
    record Post(String path, InetAddress remote, @Nullable MacAddress mac, @Nullable String token, String body) {}

    /**
     * The HTTP answer to a {@link Post}.
     *
     * @param status HTTP status code
     * @param body UTF-8 text, may be empty
     */
    record Reply(int status, String body) {}
}
