package dev.kindling.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.store.Acquisition.Acquired;
import dev.kindling.engine.store.Acquisition.HeldBy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LeaseTest {
    private static final Duration TTL = Duration.ofHours(1);
    private static final Owner US = Owner.self();
    /** A process of another computer (or of this one before it was restarted): whether it runs cannot be seen. */
    private static final Owner ELSEWHERE = new Owner("ben", "desk", 4711, 12, Instant.EPOCH, "another boot");

    @TempDir
    Path directory;

    private Instant now = Instant.parse("2026-01-02T03:04:05Z");

    @Test
    void tellsWhoHoldsTheLock() throws IOException {
        try (Store ours = open(US); Store theirs = open(ELSEWHERE)) {
            assertThat(ours.holder("demo")).isEmpty();
            Lease lease = acquired(ours.acquire("demo", TTL));
            assertThat(lease.token()).isEqualTo(1);
            assertThat(theirs.acquire("demo", TTL)).isEqualTo(new HeldBy(US, now, now.plus(TTL), true));
            assertThat(theirs.holder("demo")).contains(new HeldBy(US, now, now.plus(TTL), true));
            assertThat(US.toString()).contains("@").contains(" pid " + ProcessHandle.current().pid());
            assertThat(acquired(theirs.acquire("other", TTL)).token()).as("another cluster is free").isEqualTo(1);
        }
    }

    @Test
    void isFreeAgainOnceClosed() throws IOException {
        try (Store ours = open(US); Store theirs = open(ELSEWHERE)) {
            acquired(ours.acquire("demo", TTL)).close();
            assertThat(ours.holder("demo")).isEmpty();
            assertThat(acquired(theirs.acquire("demo", TTL)).token()).isEqualTo(2);
        }
    }

    @Test
    void isTakenOverWhenItExpiresAndTheOldOwnerCanWriteNoMore() throws IOException {
        try (Store ours = open(US); Store theirs = open(ELSEWHERE)) {
            Lease paused = acquired(theirs.acquire("demo", TTL));
            assertThat(theirs.append(paused, "r1", Samples.note("x")).seq()).isEqualTo(1);
            now = now.plus(TTL).minusSeconds(1);
            assertThat(ours.acquire("demo", TTL)).isInstanceOf(HeldBy.class);
            now = now.plusSeconds(1);
            Acquisition acquisition = ours.acquire("demo", TTL);
            assertThat(acquisition).isInstanceOf(Acquired.class);
            assertThat(((Acquired) acquisition).takenFrom()).isEqualTo(ELSEWHERE);
            Lease lease = acquired(acquisition);
            assertThat(lease.token()).isEqualTo(2);

            assertThatThrownBy(() -> theirs.append(paused, "r1", Samples.note("late"))).isInstanceOf(LostLock.class)
                    .hasMessageContaining(US.toString());
            assertThat(paused.lost()).isTrue();
            assertThat(paused.renew()).isFalse();
            paused.close();
            assertThat(ours.append(lease, "r2", Samples.note("y")).seq()).isEqualTo(2);
            assertThat(lease.lost()).isFalse();
        }
    }

    @Test
    void lastsWhileItIsRenewed() throws IOException {
        try (Store ours = open(US); Store theirs = open(ELSEWHERE)) {
            Lease lease = acquired(theirs.acquire("demo", TTL));
            now = now.plus(TTL).minusSeconds(1);
            assertThat(lease.renew()).isTrue();
            now = now.plus(TTL).minusSeconds(1);
            assertThat(ours.acquire("demo", TTL)).isInstanceOf(HeldBy.class);
        }
    }

    @Test
    void renewsItselfInTime() throws Exception {
        Duration ttl = Duration.ofSeconds(2);
        try (Store ours = Store.open(directory, Clock.systemUTC(), US);
                Store theirs = Store.open(directory, Clock.systemUTC(), ELSEWHERE)) {
            Lease lease = acquired(theirs.acquire("demo", ttl));
            Instant first = ours.holder("demo").orElseThrow().expires();
            Instant later = first;
            while (!later.isAfter(first.plus(ttl))) {
                later = ours.holder("demo").map(HeldBy::expires).orElse(later);
                Thread.onSpinWait();
            }
            assertThat(lease.lost()).isFalse();
        }
    }

    @Test
    void isTakenOverAtOnceFromAProcessThatIsGone() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        Owner child = new Owner("anna", US.host(), process.pid(), ticks(process.pid()), Instant.EPOCH, US.realm());
        Owner reusedPid = new Owner("anna", US.host(), US.pid(), US.startTicks() - 1, Instant.EPOCH, US.realm());
        try (Store theirs = open(child); Store reused = open(reusedPid); Store ours = open(US)) {
            acquired(theirs.acquire("demo", TTL));
            assertThat(ours.acquire("demo", TTL)).isEqualTo(new HeldBy(child, now, now.plus(TTL), true));
            process.destroyForcibly().waitFor();
            assertThat(ours.holder("demo")).isEmpty();
            assertThat(((Acquired) ours.acquire("demo", TTL)).takenFrom()).isEqualTo(child);

            acquired(reused.acquire("pid-reused", TTL));
            assertThat(ours.acquire("pid-reused", TTL)).isInstanceOf(Acquired.class);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void closingTheStoreFreesItsLocks() throws IOException {
        try (Store ours = open(US)) {
            try (Store theirs = open(ELSEWHERE)) {
                acquired(theirs.acquire("demo", TTL));
            }
            assertThat(ours.acquire("demo", TTL)).isInstanceOf(Acquired.class);
        }
    }

    private static long ticks(long pid) throws IOException {
        String line = java.nio.file.Files.readString(Path.of("/proc/" + pid + "/stat"));
        return Long.parseLong(java.util.List.of(line.substring(line.lastIndexOf(')') + 2).split(" ", -1)).get(19));
    }

    private static Lease acquired(Acquisition acquisition) {
        assertThat(acquisition).isInstanceOf(Acquired.class);
        return ((Acquired) acquisition).lease();
    }

    private Store open(Owner owner) throws IOException {
        return Store.open(directory, new Clock() {
            @Override
            public ZoneId getZone() {
                return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }

            @Override
            public Instant instant() {
                return now;
            }
        }, owner);
    }
}
