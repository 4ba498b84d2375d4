package dev.kindling.tui;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A live system, or none, whose disks are never written. */
public final class FakePrimer implements Primer {
    public static final String KEY = "abcdef-ghijkl-mnopqr-stuvwx-yz2345-67abcd-efghij-klmnop";
    /** Answers that were installed. */
    public final List<String> installed = new ArrayList<>();
    private final boolean live;

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
    public Installation check(String source, String answers) {
        Hardware.Disk disk = new Hardware.Disk("vda", "", "FREE-1", "", 8L << 30, "virtio", false, false, "", "");
        List<Problem> problems = answers.contains("disk.serial=FREE-1\n")
                ? List.of()
                : List.of(Problem.error("disk-in-use", "primer", "vdb is in use: mounted at /medium",
                        "a disk that nothing uses", "name another one"));
        return new Installation(problems, disk, Encryption.TPM2, false, List.of(), Map.of("answers", answers));
    }

    @Override
    public Optional<String> install(Installation installation, String definition, Progress progress) {
        progress.at("writing the system", 1, 4);
        installed.add(installation.setting("answers"));
        return Optional.of(KEY);
    }
}
