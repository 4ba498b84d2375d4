package dev.kindling.tui.screen;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The installation of the primer to a disk of this machine: which disk, how, what would be done, and then its doing.
 *
 * @param disk the selected one
 * @param answers to the questions
 * @param focus question in focus
 * @param input of the question in focus
 * @param replace name of Kindling's installation on the disk that may be lost; empty: none
 * @param checked null: not yet
 * @param scroll first line that is seen of what would be done
 * @param at step of the installation that goes on
 * @param doing within this step
 * @param percent of that; negative where unknown
 * @param key the recovery key until it was kept; empty: none
 */
record Install(Hardware hardware, Step step, int disk, Map<Question, String> answers, int focus, Input input,
        String replace, Primer.@Nullable Installation checked, int scroll, int at, String doing, int percent,
        String key)
        implements
            Screen {
    Install {
        answers = Map.copyOf(answers);
    }

    /** Steps, in their order. */
    enum Step {
        DISK("Disk"),
        ANSWERS("Settings"),
        REVIEW("Review"),
        WRITING("Install");

        static final List<Step> ALL = List.of(values());
        private final String title;

        Step(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }

        /** From 1. */
        int number() {
            return ALL.indexOf(this) + 1;
        }
    }

    /** What is asked; each is a key of the answer file (docs/primer.md). */
    enum Question {
        HOSTNAME("Host name", "hostname", "lower-case letters, digits and dashes"),
        PORT("Port", "network.mac", "the network port to use; every port asks for an address where none is named"),
        VLAN("VLAN", "network.vlan", "number of a tagged VLAN, 1 to 4094; may be empty; needs a port"),
        ADDRESS("Address", "network.address", "dhcp, or a fixed address: 10.0.0.5/24; that needs a port"),
        GATEWAY("Gateway", "network.gateway", "may be empty"),
        DNS("Name servers", "network.dns", "separated by commas, may be empty"),
        ENCRYPTION("Encryption", "encryption",
                "tpm2: the TPM opens the disk; key: a recovery key at every start; none"),
        SHELL("Shell", "console.shell", "whether a root shell is behind the screens of the installed primer");

        static final List<Question> ALL = List.of(values());
        private final String label;
        private final String key;
        private final String hint;

        Question(String label, String key, String hint) {
            this.label = label;
            this.key = key;
            this.hint = hint;
        }

        String label() {
            return label;
        }

        String hint() {
            return hint;
        }
    }

    static Install start(Hardware hardware) {
        Map<Question, String> answers = new LinkedHashMap<>();
        for (Question question : Question.ALL) {
            answers.put(question, switch (question) {
                case HOSTNAME -> "primer";
                case ADDRESS -> "dhcp";
                case ENCRYPTION -> hasTpm(hardware) ? "tpm2" : "none";
                case SHELL -> "no";
                case PORT, VLAN, GATEWAY, DNS -> "";
            });
        }
        return new Install(hardware, Step.DISK, 0, answers, 0, Input.EMPTY, "", null, 0, 0, "", -1, "");
    }

    private static boolean hasTpm(Hardware hardware) {
        return hardware.tpm().equals("2.0");
    }

    /** Empty: free text. */
    List<String> choices(Question question) {
        return switch (question) {
            case PORT -> {
                List<String> ports = new ArrayList<>(List.of(""));
                hardware.nics().forEach(nic -> ports.add(nic.mac()));
                yield ports;
            }
            case ENCRYPTION -> hasTpm(hardware) ? List.of("tpm2", "key", "none") : List.of("none", "key");
            case SHELL -> List.of("no", "yes");
            case HOSTNAME, VLAN, ADDRESS, GATEWAY, DNS -> List.of();
        };
    }

    String value(Question question) {
        return answers.getOrDefault(question, "");
    }

    Question question() {
        return Question.ALL.get(focus);
    }

    /** Whether characters go into a line. */
    boolean typing() {
        return step == Step.ANSWERS && choices(question()).isEmpty();
    }

    /** What the engine checks and installs by: an answer file. */
    String text() {
        String serial = hardware.disks().get(disk).serial();
        StringBuilder text = new StringBuilder("disk.serial=" + serial + "\nerase=" + serial + "\nafter=stay\n");
        Question.ALL.forEach(each -> text.append(each.key).append('=').append(value(each)).append('\n'));
        return text + (replace.isEmpty() ? "" : "replace=" + replace + "\n");
    }

    Install select(int other) {
        return new Install(hardware, step, Math.clamp(other, 0, Math.max(0, hardware.disks().size() - 1)), answers,
                focus,
                input, "", null, 0, at, doing, percent, key);
    }

    /** Another step; what was checked before holds no longer where answers can change. */
    Install go(Step next) {
        return new Install(hardware, next, disk, answers, focus, Input.of(value(question())), replace,
                next == Step.WRITING ? checked : null, 0, 0, "", -1, "");
    }

    Install at(int question) {
        int next = Math.clamp(question, 0, Question.ALL.size() - 1);
        return new Install(hardware, step, disk, answers, next, Input.of(value(Question.ALL.get(next))), replace,
                checked,
                scroll, at, doing, percent, key);
    }

    Install answer(String value) {
        Map<Question, String> more = new LinkedHashMap<>(answers);
        more.put(question(), value);
        return new Install(hardware, step, disk, more, focus, input, replace, checked, scroll, at, doing, percent, key);
    }

    Install typed(Input line) {
        return new Install(hardware, step, disk, answers, focus, line, replace, checked, scroll, at, doing, percent,
                key)
                .answer(line.text().strip());
    }

    Install replacing(String installation) {
        return new Install(hardware, step, disk, answers, focus, input, installation, null, 0, at, doing, percent, key);
    }

    Install checked(Primer.Installation installation) {
        return new Install(hardware, step, disk, answers, focus, input, replace, installation, scroll, at, doing,
                percent,
                key);
    }

    Install scrolled(int to) {
        return new Install(hardware, step, disk, answers, focus, input, replace, checked, Math.max(0, to), at, doing,
                percent, key);
    }

    Install doing(int newAt, String what, int newPercent) {
        return new Install(hardware, step, disk, answers, focus, input, replace, checked, scroll, newAt, what,
                newPercent,
                key);
    }

    Install keeping(String recoveryKey) {
        return new Install(hardware, step, disk, answers, focus, input, replace, checked, scroll, at, "", -1,
                recoveryKey);
    }
}
