package dev.kindling.pxe;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Files with a secret in them, each for one machine and for one time: a join token, a password in an install config.
 *
 * <p>
 * A file is bound to the machine's MAC and may be bound to its address. It can be fetched until its last octet was
 * sent; then, or when its time is over, it is gone. A transfer that broke off may be repeated, but no two run at once;
 * HEAD uses nothing up. A {@link BootSource} asks {@link #open} first, and has it answered what is found there. Any
 * number of threads may call.
 */
public final class OneTimeFiles {
    private final Clock clock;
    private final Map<String, Secret> secrets = new HashMap<>();

    /** State changes under the lock of {@link OneTimeFiles}. */
    private static final class Secret {
        final MacAddress mac;
        final @Nullable InetAddress address;
        final Instant until;
        final String contentType;
        final byte[] octets;
        State state = State.WAITING;

        Secret(MacAddress mac, @Nullable InetAddress address, Instant until, BootFile.Bytes file) {
            this.mac = mac;
            this.address = address;
            this.until = until;
            this.contentType = file.contentType();
            this.octets = file.content().clone();
        }
    }

    private enum State {
        WAITING,
        ON_THE_WAY,
        GIVEN_OUT
    }

    public OneTimeFiles(Clock clock) {
        this.clock = clock;
    }

    /**
     * Offers a file, in place of one that had this path.
     *
     * @param path as in {@link BootSource.Fetch}
     * @param mac the only machine that gets it
     * @param address the only address that gets it; null: whichever the machine has
     * @param lifetime from now on
     */
    public synchronized void put(String path, MacAddress mac, @Nullable InetAddress address, Duration lifetime,
            BootFile.Bytes file) {
        forget();
        var before = secrets.put(path, new Secret(mac, address, clock.instant().plus(lifetime), file));
        if (before != null) {
            Arrays.fill(before.octets, (byte) 0);
        }
    }

    /** Takes a file back; nothing happens where there is none. */
    public synchronized void remove(String path) {
        var before = secrets.remove(path);
        if (before != null) {
            Arrays.fill(before.octets, (byte) 0);
        }
    }

    /**
     * The file for this request, or why it is refused; empty where no such file was offered.
     */
    public synchronized Optional<BootFile> open(BootSource.Fetch fetch) {
        var secret = secrets.get(fetch.path());
        if (secret == null) {
            return Optional.empty();
        }
        String refusal = refusal(secret, fetch);
        if (refusal != null) {
            return Optional.of(new BootFile.Refused(refusal));
        }
        if (!fetch.head()) {
            secret.state = State.ON_THE_WAY;
        }
        return Optional.of(new BootFile.Generated(new Transfer(secret, fetch.head()), secret.contentType));
    }

    private @Nullable String refusal(Secret secret, BootSource.Fetch fetch) {
        if (!secret.mac.equals(fetch.mac())) {
            return fetch.mac() == null
                    ? "a secret of " + secret.mac + ", and who asks for it is not known"
                    : "a secret of another machine, " + secret.mac;
        }
        if (secret.address != null && !secret.address.equals(fetch.remote())) {
            return "a secret for the address %s, not for %s".formatted(secret.address.getHostAddress(),
                    fetch.remote().getHostAddress());
        }
        if (!clock.instant().isBefore(secret.until)) {
            Arrays.fill(secret.octets, (byte) 0);
            return "a secret whose time was over at " + secret.until;
        }
        return switch (secret.state) {
            case WAITING -> null;
            case ON_THE_WAY -> "a secret that is being fetched already";
            case GIVEN_OUT -> "a secret that was given out once already";
        };
    }

    /** What is long over need not be explained any more. */
    private void forget() {
        var longAgo = clock.instant().minus(Duration.ofDays(1));
        for (Iterator<Secret> each = secrets.values().iterator(); each.hasNext();) {
            var secret = each.next();
            if (secret.until.isBefore(longAgo) && secret.state != State.ON_THE_WAY) {
                Arrays.fill(secret.octets, (byte) 0);
                each.remove();
            }
        }
    }

    /** One transfer. It has no version, so that no part of the secret can be asked for again and again. */
    private final class Transfer implements BootFile.Content {
        private final Secret secret;
        private final boolean head;
        private final byte[] octets;

        Transfer(Secret secret, boolean head) {
            this.secret = secret;
            this.head = head;
            // its own: a secret that is taken back during the transfer must not become zeros on an installed machine
            this.octets = head ? secret.octets : secret.octets.clone();
        }

        @Override
        public long size() {
            return octets.length;
        }

        @Override
        public void read(long at, ByteBuffer to) throws IOException {
            to.put(octets, (int) at, Math.min(to.remaining(), octets.length - (int) at));
        }

        @Override
        public void sent() {
            synchronized (OneTimeFiles.this) {
                secret.state = State.GIVEN_OUT;
                Arrays.fill(secret.octets, (byte) 0);
            }
        }

        @Override
        public void close() {
            if (head) {
                return;
            }
            synchronized (OneTimeFiles.this) {
                if (secret.state == State.ON_THE_WAY) {
                    secret.state = State.WAITING;
                }
            }
            Arrays.fill(octets, (byte) 0);
        }
    }
}
