package dev.kindling.engine.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.store.Acquisition.Acquired;
import dev.kindling.engine.store.Acquisition.HeldBy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the lock on a cluster keeps to, whichever database it lies in. */
@Timeout(60)
abstract class LeaseContract {
    private static final Duration TTL = Duration.ofHours(1);
    private static final Owner US = Owner.self();
    /** A process of another computer (or of this one before it was restarted): whether it runs cannot be seen. */
    private static final Owner ELSEWHERE = new Owner("ben", "desk", 4711, 12, Instant.EPOCH, "another boot");

    @TempDir
    Path directory;

    /** A new connection to the state of this test, by a process. */
    abstract Store open(Owner owner) throws IOException;

    /** The database answers nobody who wants to write, until this is closed. */
    abstract AutoCloseable silence() throws Exception;

    /** Time passes for the state. */
    abstract void pass(Duration time) throws Exception;

    @Test
    void tellsWhoHoldsTheLock() throws IOException {
        try (Store ours = open(US); Store theirs = open(ELSEWHERE)) {
            assertThat(ours.holder("demo")).isEmpty();
            Lease lease = acquired(ours.acquire("demo", TTL));
            assertThat(lease.token()).isEqualTo(1);
            HeldBy held = (HeldBy) theirs.acquire("demo", TTL);
            assertThat(held).isEqualTo(new HeldBy(US, held.since(), held.since().plus(TTL), true));
            assertThat(theirs.holder("demo")).contains(held);
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
    void isTakenOverWhenItExpiresAndTheOldOwnerCanWriteNoMore() throws Exception {
        try (Store ours = open(US); Store theirs = open(ELSEWHERE)) {
            Lease paused = acquired(theirs.acquire("demo", TTL));
            assertThat(theirs.append(paused, "r1", Samples.note("x")).seq()).isEqualTo(1);
            pass(TTL.minusSeconds(50));
            assertThat(ours.acquire("demo", TTL)).isInstanceOf(HeldBy.class);
            pass(Duration.ofSeconds(50));
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
    void lastsWhileItIsRenewed() throws Exception {
        try (Store ours = open(US); Store theirs = open(ELSEWHERE)) {
            Lease lease = acquired(theirs.acquire("demo", TTL));
            pass(TTL.minusSeconds(50));
            assertThat(lease.renew()).isTrue();
            pass(TTL.minusSeconds(50));
            assertThat(ours.acquire("demo", TTL)).isInstanceOf(HeldBy.class);
        }
    }

    @Test
    void renewsItselfInTime() throws Exception {
        // of which a slow disk may take some
        Duration ttl = Duration.ofSeconds(5);
        try (Store ours = openByRealTime(US); Store theirs = openByRealTime(ELSEWHERE)) {
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

    /** As behind an unplugged cable: a connection that waits for an answer learns of nothing for long. */
    @Test
    void isLostWhenItExpiresWhileTheDatabaseDoesNotAnswer() throws Exception {
        var lost = new CountDownLatch(1);
        try (Store theirs = openByRealTime(ELSEWHERE)) {
            Lease lease = acquired(theirs.acquire("demo", Duration.ofSeconds(2)));
            lease.onLost(lost::countDown);
            try (var _ = silence()) {
                assertThat(lost.await(10, TimeUnit.SECONDS)).as("long before a connection gives up").isTrue();
                assertThat(lease.lost()).isTrue();
            }
        }
    }

    @Test
    void isTakenOverAtOnceFromAProcessThatIsGone() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        Owner child = new Owner("anna", US.host(), process.pid(), ticks(process.pid()), Instant.EPOCH, US.realm());
        Owner reusedPid = new Owner("anna", US.host(), US.pid(), US.startTicks() - 1, Instant.EPOCH, US.realm());
        try (Store theirs = open(child); Store reused = open(reusedPid); Store ours = open(US)) {
            acquired(theirs.acquire("demo", TTL));
            assertThat(((HeldBy) ours.acquire("demo", TTL)).owner()).isEqualTo(child);
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

    @Test
    void aLateAppendOfAPausedOwnerIsRefusedWithoutHarmToTheBatchOfOthers() throws Exception {
        try (Store ours = open(US); Store theirs = open(ELSEWHERE)) {
            Lease paused = acquired(theirs.acquire("demo", TTL));
            pass(TTL);
            Lease lease = acquired(ours.acquire("demo", TTL));
            var told = new java.util.concurrent.atomic.AtomicInteger();
            paused.onLost(told::incrementAndGet);
            try (var threads = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
                var others = new java.util.ArrayList<java.util.concurrent.Future<?>>();
                for (int i = 0; i < 20; i++) {
                    others.add(threads.submit(() -> theirs.append("other", "r", Samples.note("goes through"))));
                    others.add(threads.submit(() -> assertThatThrownBy(
                            () -> theirs.append(paused, "r1", Samples.note("late"))).isInstanceOf(LostLock.class)));
                }
                for (var future : others) {
                    future.get();
                }
            }
            assertThat(told).hasValue(1);
            assertThat(ours.lastSeq("other")).isEqualTo(20);
            assertThat(ours.lastSeq("demo")).isZero();
            assertThat(ours.append(lease, "r2", Samples.note("y")).seq()).isEqualTo(1);
            paused.onLost(told::incrementAndGet);
            assertThat(told).as("told at once, since it is lost").hasValue(2);
        }
    }

    /** The same, where time is not in the test's hand. */
    abstract Store openByRealTime(Owner owner) throws IOException;
}
