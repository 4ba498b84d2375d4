package dev.kindling.engine.store;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A process that can hold a lock.
 *
 * @param user who started it
 * @param host host name
 * @param pid process id
 * @param startTicks when it started, in clock ticks since the system's boot (field 22 of {@code /proc/PID/stat},
 *            proc(5)); unlike a wall-clock start time it does not move when the clock is set. Negative where unknown
 * @param startedAt the same for people
 * @param realm names the boot and the PID name space in which {@code pid} means something; empty where unknown
 */
public record Owner(String user, String host, long pid, long startTicks, Instant startedAt, String realm) {

    /** This process. */
    public static Owner self() {
        ProcessHandle self = ProcessHandle.current();
        return new Owner(System.getProperty("user.name", "unknown"), hostName(), self.pid(),
                stat(self.pid()).map(Stat::startTicks).orElse(-1L), self.info().startInstant().orElse(Instant.EPOCH),
                currentRealm());
    }

    /** {@code anna@desk pid 4711 (since 2026-01-02T03:04:05Z)}. */
    @Override
    public String toString() {
        return user + "@" + host + " pid " + pid + " (since " + startedAt + ")";
    }

    /** Whether the process still runs; null where that cannot be seen from here. */
    @Nullable
    Boolean alive() {
        if (realm.isEmpty() || startTicks < 0 || !realm.equals(currentRealm())) {
            return null;
        }
        return stat(pid).map(stat -> stat.startTicks() == startTicks && stat.state() != 'Z' && stat.state() != 'X')
                .orElse(false);
    }

    /**
     * Ends the process, where it runs on this computer and is not this one, and waits until it is gone.
     *
     * @return whether it no longer runs here
     */
    public boolean end() throws InterruptedException {
        if (!Boolean.TRUE.equals(alive()) || pid == ProcessHandle.current().pid()) {
            return Boolean.FALSE.equals(alive());
        }
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        for (int attempt = 0; attempt < 100 && Boolean.TRUE.equals(alive()); attempt++) {
            Thread.sleep(50);
        }
        return Boolean.FALSE.equals(alive());
    }

    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            return InetAddress.getLoopbackAddress().getHostName();
        }
    }

    private static String currentRealm() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + " "
                    + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
        } catch (IOException e) {
            return "";
        }
    }

    private record Stat(char state, long startTicks) {}

    private static Optional<Stat> stat(long pid) {
        try {
            String line = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            // The second field is the program's name in parentheses; it may hold blanks and parentheses itself.
            String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
            return Optional.of(new Stat(fields[0].charAt(0), Long.parseLong(fields[19])));
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            return Optional.empty();
        }
    }
}
