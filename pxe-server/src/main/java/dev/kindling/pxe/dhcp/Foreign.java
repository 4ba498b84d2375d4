package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.PxeEvent.Offer;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which other servers were told of already: each of them answers every machine, and is news once. */
final class Foreign {
    private static final Duration NEWS_AGAIN_AFTER = Duration.ofMinutes(10);
    private static final int MOST_KNOWN = 256;

    private record Told(Instant at, @Nullable InetAddress nextServer, @Nullable String bootFile) {}

    private final Map<InetAddress, Told> told = new Bounded<>(MOST_KNOWN);

    /** Whether people should hear of it; then it is none for a while, unless what it has to boot changes. */
    boolean isNews(InetAddress server, Offer offer, Instant now) {
        Told before = told.get(server);
        var next = new Told(now, offer.nextServer(), offer.bootFile());
        boolean known = before != null && before.at().plus(NEWS_AGAIN_AFTER).isAfter(now)
                && before.equals(new Told(before.at(), next.nextServer(), next.bootFile()));
        if (!known) {
            told.put(server, next);
        }
        return !known;
    }
}
