package dev.kindling.tui;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A live system, or none, whose disks are never written. */
public final class FakePrimer implements Primer {
    public static final String KEY = "abcdef-ghijkl-mnopqr-stuvwx-yz2345-67abcd-efghij-klmnop";
    /** Answers that were installed. */
    public final List<String> installed = new ArrayList<>();
    private static final List<Step> STEPS = List.of(new Step("check the medium against its SHA-256 sums", false),
            new Step("erase the partition table of /dev/vda (serial FREE-1): all that is on it is lost", false),
            new Step("write boot loaders, kernel and system, and read them back", false),
            new Step("make the state volume: ext4 in LUKS2, opened by the TPM while Secure Boot's state stays as it is"
                    + " (PCR 7), and by a recovery key", false),
            new Step("show the recovery key until it is written down", false),
            new Step("write the new partition table: from now on the disk boots", false));
    private final boolean live;
    /** How often an installation was closed, and the machine restarted. */
    public int closed;
    public int restarts;
    /** Whether its disk is broken. */
    public boolean failing;

    public FakePrimer(boolean live) {
        this.live = live;
    }

    @Override
    public Made make(Order order, Progress progress) {
        return new Made(List.of(), order.output(), 0, "1234");
    }

    @Override
    public Optional<Live> live() {
        return live ? Optional.of(new Live("1234", "", "")) : Optional.empty();
    }

    @Override
    public Installation check(String source, String answers, String definition) {
        Map<String, String> settings = new HashMap<>(Map.of("answers", answers));
        answers.lines().forEach(line -> settings.put(line.substring(0, line.indexOf('=')),
                line.substring(line.indexOf('=') + 1)));
        String serial = settings.getOrDefault("disk.serial", "");
        Hardware.Disk disk = new Hardware.Disk("vda", "", serial, "", 8L << 30, "virtio", false, false, "", "");
        boolean holds = serial.equals("NODE-1");
        List<Problem> problems = holds && !answers.contains("replace=o-77\n")
                ? List.of(Problem.error("disk-holds-installation", "/dev/vdc",
                        "Kindling's installation o-77 of demo-cp-1 is on it",
                        "a disk without an installation of Kindling",
                        "take another disk; or, if all of it may be lost, answer replace=o-77"))
                : List.of();
        return new Installation(problems, disk, Encryption.TPM2, false, holds ? "o-77" : "", "", STEPS, settings,
                definition);
    }

    @Override
    public Written write(Installation installation, Watcher watcher) throws IOException {
        watcher.begins(2);
        watcher.at("writing the system", 1, 4);
        if (failing) {
            throw new IOException("/dev/vda reads back differently from what was written: it is broken");
        }
        watcher.begins(4);
        return new Written() {
            @Override
            public Optional<String> recoveryKey() {
                return "none".equals(installation.settings().get("encryption")) ? Optional.empty() : Optional.of(KEY);
            }

            @Override
            public void finish(Watcher finishing) {
                finishing.begins(5);
                installed.add(installation.setting("answers"));
            }

            @Override
            public void close() {
                closed++;
            }
        };
    }

    @Override
    public void leave(boolean restart) {
        restarts++;
    }
}
