package dev.kindling.pxe.client;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Plays iPXE scripts: the commands that boot scripts use, with iPXE's rules for words, {@code &&}, {@code ||} and
 * settings. A command that it does not know fails, as it would in an iPXE built without it.
 */
final class IpxeScript {
    private static final String STEP = "ipxe";
    private static final Pattern SETTING = Pattern.compile("\\$\\{([^{}$]*)\\}");
    private static final Pattern COMMENT = Pattern.compile("(^|\\s)#.*");
    private static final Set<String> READY = Set.of("dhcp", "ifconf", "ifopen", "ifstat", "route", "imgstat", "imgfree",
            "console", "cpuid", "colour", "color", "cpair");
    private static final int MAX_DEPTH = 16;
    /** A script may wait for its server as long as it likes, but not without waiting. */
    private static final int MAX_COMMANDS = 10_000;

    private final Machine machine;
    private final Result.Lease lease;
    private final Timing timing;
    private final Fetcher fetcher;
    private final Consumer<Step> steps;
    private final Map<String, String> settings = new HashMap<>();
    private final Map<String, Result.Image> images = new LinkedHashMap<>();
    private @Nullable String kernel;
    private int commands;
    private int depth;

    /** Gets a URL, relative to {@code base} where it is not absolute. */
    interface Fetcher {
        Fetched fetch(String base, String url) throws IOException, InterruptedException;
    }

    /** A file that was fetched; {@code script} is its text if it begins with {@code #!ipxe}. */
    record Fetched(String url, long bytes, @Nullable String script) {}

    /** How a command, a line or a script ended. */
    private sealed interface Outcome {
        /** The next one follows. */
        record Good() implements Outcome {}

        /** The script stops here unless {@code ||} follows. */
        record Bad(String reason) implements Outcome {}

        /** Go on at a label. */
        record Jump(String label) implements Outcome {}

        /** {@code exit}: leave this script. */
        record Leave(boolean good) implements Outcome {}

        /** iPXE is left for good. */
        record End(Result result) implements Outcome {}
    }

    private static final Outcome GOOD = new Outcome.Good();

    IpxeScript(Machine machine, Result.Lease lease, Timing timing, Fetcher fetcher, Consumer<Step> steps) {
        this.machine = machine;
        this.lease = lease;
        this.timing = timing;
        this.fetcher = fetcher;
        this.steps = steps;
    }

    /** Boots what DHCP named. */
    Result boot(String url) throws InterruptedException {
        return switch (chain(List.of(url), "")) {
            case Outcome.End end -> end.result();
            case Outcome.Bad bad -> new Result.Failed(STEP, bad.reason());
            case Outcome.Good good -> new Result.LocalDisk("the script has ended", lease);
            case Outcome.Leave leave -> new Result.LocalDisk("the script has exited", lease);
            case Outcome.Jump jump -> new Result.Failed(STEP, "no label " + jump.label());
        };
    }

    private Outcome run(String url, String script) throws InterruptedException {
        var lines = script.replace("\\\r\n", " ").replace("\\\n", " ").lines().toList();
        for (int at = 1; at < lines.size(); at++) {
            String line = lines.get(at).strip();
            if (line.isEmpty() || line.startsWith(":") || line.startsWith("#")) {
                continue;
            }
            switch (line(url, line)) {
                case Outcome.Good good -> {
                    // on to the next line
                }
                case Outcome.Jump jump -> {
                    at = lines.stream().map(String::strip).toList().indexOf(":" + jump.label());
                    if (at < 0) {
                        return new Outcome.Bad("%s: no label %s".formatted(url, jump.label()));
                    }
                }
                case Outcome.Bad bad -> {
                    return new Outcome.Bad("%s: %s".formatted(url, bad.reason()));
                }
                case Outcome.Leave leave -> {
                    return leave.good() ? GOOD : new Outcome.Bad("%s: exit with an error".formatted(url));
                }
                case Outcome.End end -> {
                    return end;
                }
            }
        }
        return GOOD;
    }

    /** Commands of one line; each is run or passed over by how the last one that ran has ended. */
    private Outcome line(String base, String line) throws InterruptedException {
        Outcome last = GOOD;
        boolean runs = true;
        var words = new ArrayList<String>();
        for (String word : (COMMENT.matcher(line).replaceFirst("") + " ;").strip().split("\\s+", -1)) {
            boolean ends = word.equals("&&") || word.equals("||") || word.equals(";");
            if (!ends) {
                words.add(word);
                continue;
            }
            if (runs) {
                last = command(base, words.stream().map(this::expand).toList());
                if (!(last instanceof Outcome.Good) && !(last instanceof Outcome.Bad)) {
                    return last;
                }
            }
            words.clear();
            runs = word.equals(";") || word.equals("&&") == (last instanceof Outcome.Good);
        }
        return last;
    }

    private Outcome command(String base, List<String> words) throws InterruptedException {
        if (words.isEmpty()) {
            return GOOD;
        }
        if (++commands > MAX_COMMANDS) {
            return new Outcome.End(new Result.Failed(STEP, base + ": the script goes in circles without a sleep"));
        }
        String name = words.getFirst();
        var arguments = words.subList(1, words.size());
        return switch (name) {
            case "echo" -> echo(String.join(" ", arguments));
            case "set" -> set(arguments);
            case "clear" -> set(arguments.stream().limit(1).toList());
            case "isset" -> test(!String.join("", arguments).isEmpty(), "not set");
            case "iseq" -> test(arguments.size() == 2 && arguments.get(0).equals(arguments.get(1)), "not equal");
            case "goto" -> arguments.size() == 1 ? new Outcome.Jump(arguments.getFirst()) : usage(name);
            case "sleep" -> sleep(arguments);
            case "exit" -> new Outcome.Leave(arguments.isEmpty() || arguments.getFirst().equals("0"));
            case "kernel", "imgselect" -> fetch(base, arguments, true);
            case "initrd", "imgfetch", "module" -> fetch(base, arguments, false);
            case "imgargs" -> imgargs(arguments);
            case "chain", "imgexec" -> chain(arguments, base);
            case "boot" -> boot(base, arguments);
            case "sanboot" -> sanboot(arguments);
            case "reboot", "poweroff", "shell" ->
                new Outcome.End(new Result.Failed(STEP, "%s: the script asks for %s".formatted(base, name)));
            case "prompt" -> test(false, "nobody presses a key");
            default -> test(READY.contains(name), "command not found: " + name);
        };
    }

    private Outcome echo(String text) {
        steps.accept(new Step(STEP, text));
        return GOOD;
    }

    private Outcome set(List<String> arguments) {
        if (arguments.isEmpty()) {
            return usage("set");
        }
        settings.put(bare(arguments.getFirst()), String.join(" ", arguments.subList(1, arguments.size())));
        return GOOD;
    }

    private Outcome sleep(List<String> arguments) throws InterruptedException {
        if (arguments.size() != 1 || !arguments.getFirst().matches("\\d{1,6}")) {
            return usage("sleep");
        }
        commands = 0;
        Thread.sleep(timing.second().multipliedBy(Long.parseLong(arguments.getFirst())));
        return GOOD;
    }

    private Outcome imgargs(List<String> arguments) {
        var image = arguments.isEmpty() ? null : images.get(arguments.getFirst());
        if (image == null) {
            return new Outcome.Bad("imgargs: no such image");
        }
        images.put(image.name(), new Result.Image(image.name(), image.url(), image.bytes(),
                String.join(" ", arguments.subList(1, arguments.size()))));
        return GOOD;
    }

    private Outcome fetch(String base, List<String> arguments, boolean select) throws InterruptedException {
        var call = Call.of(arguments);
        if (call.url() == null) {
            return usage("kernel or initrd");
        }
        if (select && images.containsKey(call.url())) {
            kernel = call.url(); // imgselect of what is there
            return GOOD;
        }
        return switch (load(base, call)) {
            case Loaded.Bad bad -> new Outcome.Bad(bad.reason());
            case Loaded.Good good -> {
                images.put(good.image().name(), good.image());
                kernel = select ? good.image().name() : kernel;
                yield GOOD;
            }
        };
    }

    private Outcome chain(List<String> arguments, String base) throws InterruptedException {
        var call = Call.of(arguments);
        if (call.url() == null) {
            return usage("chain");
        }
        if (depth >= MAX_DEPTH) {
            return new Outcome.End(new Result.Failed(STEP, base + ": scripts are chained too deeply"));
        }
        return switch (load(base, call)) {
            case Loaded.Bad bad -> new Outcome.Bad(bad.reason());
            case Loaded.Good(Result.Image image, String script) when script != null -> {
                depth++;
                var outcome = run(image.url(), script);
                depth--;
                yield outcome;
            }
            case Loaded.Good(Result.Image image, var none) -> start(image);
        };
    }

    private Outcome boot(String base, List<String> arguments) throws InterruptedException {
        if (Call.of(arguments).url() != null) {
            var fetched = fetch(base, arguments, true);
            if (!(fetched instanceof Outcome.Good)) {
                return fetched;
            }
        }
        var image = kernel == null ? null : images.get(kernel);
        return image == null ? new Outcome.Bad("boot: nothing to boot") : start(image);
    }

    private Outcome start(Result.Image image) {
        steps.accept(new Step(STEP, "starts " + image));
        var others = images.values().stream().filter(other -> !other.name().equals(image.name())).toList();
        return new Outcome.End(new Result.Kernel(image, others, lease));
    }

    /** Without a root path it is the way to say: BIOS, boot this disk. */
    private Outcome sanboot(List<String> arguments) {
        String line = String.join(" ", arguments);
        return Pattern.compile("(^|\\s)(iscsi|http|https|aoe|fcp):").matcher(line).find()
                ? new Outcome.Bad("sanboot: only local disks are known here")
                : new Outcome.End(new Result.LocalDisk("sanboot " + line, lease));
    }

    private sealed interface Loaded {
        record Good(Result.Image image, @Nullable String script) implements Loaded {}

        record Bad(String reason) implements Loaded {}
    }

    private Loaded load(String base, Call call) throws InterruptedException {
        try {
            var fetched = fetcher.fetch(base, String.valueOf(call.url()));
            String path = fetched.url().replaceFirst("[?#].*", "");
            String name = call.name() == null ? path.substring(path.lastIndexOf('/') + 1) : call.name();
            return new Loaded.Good(new Result.Image(name, fetched.url(), fetched.bytes(), call.arguments()),
                    fetched.script());
        } catch (IOException e) {
            return new Loaded.Bad(String.valueOf(e.getMessage()));
        }
    }

    /** Options, URL and the rest of an image command. */
    private record Call(@Nullable String name, @Nullable String url, String arguments) {
        private static final Set<String> WITH_VALUE = Set.of("-n", "--name", "-t", "--timeout");

        static Call of(List<String> words) {
            String name = null;
            int at = 0;
            while (at < words.size() && words.get(at).startsWith("-")) {
                String option = words.get(at++);
                if (WITH_VALUE.contains(option) && at < words.size()) {
                    String value = words.get(at++);
                    name = option.equals("-n") || option.equals("--name") ? value : name;
                } else if (option.startsWith("--name=")) {
                    name = option.substring("--name=".length());
                }
            }
            return at >= words.size()
                    ? new Call(name, null, "")
                    : new Call(name, words.get(at), String.join(" ", words.subList(at + 1, words.size())));
        }
    }

    private static Outcome test(boolean good, String reason) {
        return good ? GOOD : new Outcome.Bad(reason);
    }

    private static Outcome usage(String command) {
        return new Outcome.Bad(command + ": wrong arguments");
    }

    /** Settings within settings are expanded from the inside; one that is not set is empty. */
    private String expand(String word) {
        String text = word;
        for (var match = SETTING.matcher(text); match.find(); match = SETTING.matcher(text)) {
            text = text.substring(0, match.start()) + value(match.group(1)) + text.substring(match.end());
        }
        return text;
    }

    private String value(String reference) {
        String[] parts = reference.split(":", 2);
        String value = plain(bare(parts[0]));
        return switch (parts.length == 2 ? parts[1] : "") {
            case "hexhyp" -> value.replace(':', '-');
            case "hexraw" -> value.replace(":", "");
            default -> value;
        };
    }

    private String plain(String name) {
        String set = settings.get(name);
        if (set != null) {
            return set;
        }
        return switch (name) {
            case "mac" -> machine.mac().value();
            case "ip" -> lease.address().getHostAddress();
            case "next-server", "dhcp-server" -> lease.nextServer().getHostAddress();
            case "filename" -> lease.bootFile() == null ? "" : lease.bootFile();
            case "hostname" -> lease.hostName() == null ? "" : lease.hostName();
            case "uuid" -> machine.uuid().toString();
            case "platform" -> machine.kind().platform();
            case "buildarch" -> machine.kind().buildArchitecture();
            default -> machine.settings().getOrDefault(name, "");
        };
    }

    /** There is one card only: {@code net0/mac}, {@code netX/mac} and {@code mac} are the same. */
    private static String bare(String name) {
        return name.replaceFirst("^(net[0-9X](\\.dhcp)?|smbios)/", "");
    }
}
