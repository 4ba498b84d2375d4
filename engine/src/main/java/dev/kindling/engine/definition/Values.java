package dev.kindling.engine.definition;

import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Addresses;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The forms of text that the format knows. */
final class Values {
    private static final String LABEL = "[a-z0-9](?:[-a-z0-9]{0,%d}[a-z0-9])?";
    private static final String SIZE = "([1-9][0-9]{0,8})(Mi|Gi|Ti)";
    private static final Pattern OTHER_SIZE = Pattern.compile("([1-9][0-9]{0,8})\\s*([kKmMgGtT]?)(i?)[bB]?");

    static final Shape<String> NAME = label("a name", 63);
    /** Leaves room for "-wk-10000" in a DNS label. */
    static final Shape<String> CLUSTER_NAME = label("a name", 40);
    static final Shape<String> DOMAIN = Shape.Text.of("a DNS domain, such as lab.example", ProblemCode.BAD_DOMAIN,
            "(?=.{1,253}$)" + LABEL.formatted(61) + "(?:\\." + LABEL.formatted(61) + ")*", Function.identity());
    static final Shape<String> LINE = Shape.Text.of("one line of text", ProblemCode.BAD_TEXT, "[^\\r\\n]{1,253}",
            Function.identity()).orNumber();
    static final Shape<MacAddress> MAC = Shape.Text.of("a MAC address, such as 52:54:00:4b:00:01", ProblemCode.BAD_MAC,
            "[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}", Values::mac).remedy(Values::macRemedy);
    static final Shape<InetAddress> ADDRESS = Shape.Text.of("an IP address, such as 10.77.0.11",
            ProblemCode.BAD_ADDRESS, "[0-9a-fA-F:.]{2,45}", Addresses::parse).remedy(Values::addressRemedy);
    static final Shape<Cidr> CIDR = Shape.Text.of("a network, such as 10.77.0.0/24", ProblemCode.BAD_CIDR,
            "[0-9a-fA-F:.]{2,45}/[0-9]{1,3}", Cidr::parse).remedy(Values::cidrRemedy);
    static final Shape<AddressRange> RANGE = Shape.Text.of("FIRST-LAST, such as 10.77.0.100-10.77.0.199",
            ProblemCode.BAD_RANGE, "[0-9a-fA-F:.]{2,45} ?- ?[0-9a-fA-F:.]{2,45}", AddressRange::parse)
            .remedy(Values::rangeRemedy);
    static final Shape<UUID> ID = Shape.Text.of("a UUID, such as 4c4c4544-0042-3510-8054-b4c04f4a4d31",
            ProblemCode.BAD_UUID, "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", UUID::fromString);
    /** In mebibytes. */
    static final Shape<Long> MEMORY = Shape.Text.of("a size, such as 4Gi or 1536Mi", ProblemCode.BAD_SIZE, SIZE,
            Values::mebibytes).remedy(Values::sizeRemedy);
    /** In gibibytes. */
    static final Shape<Long> DISK_SIZE = Shape.Text.of("a size of whole GiB, such as 20Gi", ProblemCode.BAD_SIZE,
            "([1-9][0-9]{0,8})(Gi|Ti)", text -> mebibytes(text) / 1024).remedy(Values::sizeRemedy);
    static final Shape<String> SERIAL = Shape.Text.of("the serial number of a disk", ProblemCode.BAD_SERIAL,
            "[A-Za-z0-9](?:[A-Za-z0-9 ._:/+=@#-]{0,62}[A-Za-z0-9._:/+=@#-])?", Function.identity()).orNumber();
    static final Shape<String> WWN = Shape.Text.of("the WWN of a disk, such as naa.5000c500a1b2c3d4",
            ProblemCode.BAD_SERIAL, "[A-Za-z0-9][A-Za-z0-9.:_-]{7,127}", Function.identity()).orNumber();
    static final Shape<String> INTERFACE = Shape.Text.of("the name of an interface, such as eno1",
            ProblemCode.BAD_INTERFACE, "[A-Za-z0-9][A-Za-z0-9._-]{0,14}", Function.identity());
    static final Shape<String> VERSION = Shape.Text.of("a version, such as v1.34.2+k3s1", ProblemCode.BAD_VERSION,
            "[A-Za-z0-9][A-Za-z0-9._+/-]{0,62}", Function.identity()).orNumber();
    // iPXE expands ${...} and splits at && and ||; GRUB splits at ; and expands $.
    static final Shape<String> KERNEL_ARGUMENTS = Shape.Text.of("words for the kernel command line",
            ProblemCode.BAD_KERNEL_ARGUMENTS, "(?:(?!(?:.* )?kindling\\.)[A-Za-z0-9 ._:,=/+@%~*\\[\\]-]{0,1024})",
            Function.identity());
    // The rules of git check-ref-format, but for some rare characters that are refused too.
    static final Shape<String> BRANCH = Shape.Text.of("a branch, such as main", ProblemCode.BAD_BRANCH,
            "(?!.*(?:\\.\\.|//|/\\.|\\.lock(?:/|$)))[A-Za-z0-9_][A-Za-z0-9._/-]{0,98}[A-Za-z0-9_-]",
            Function.identity()).remedy(text -> Optional.empty());
    static final Shape<String> REMOTE = Shape.Text.of("a Git repository, such as https://git.example/lab/clusters.git",
            ProblemCode.BAD_REMOTE, "[A-Za-z0-9/.~][\\x21-\\x7e]{1,1023}", Function.identity());
    static final Shape<String> ARGUMENT = Shape.Text.of("a program or an argument", ProblemCode.BAD_TEXT,
            "[^\\r\\n\\x00]{1,1024}", Function.identity()).orNumber();
    static final Shape<String> WEB_URL = Shape.Text.of("an http or https URL", ProblemCode.BAD_URL,
            "https?://[A-Za-z0-9.\\[\\]:-]{1,253}(?:/[\\x21-\\x7e]{0,1024})?", Function.identity());
    static final Shape<String> SECRET_NAME = Shape.Text.of("the name of a secret, such as lab/hook",
            ProblemCode.BAD_SECRET_NAME, "[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", Function.identity());
    static final Shape<String> EVENT_TYPE = Shape.Text.of("the type of an event, such as RunEnded",
            ProblemCode.BAD_TEXT, "[A-Za-z]{3,40}", Function.identity());
    static final Shape<Boolean> TRUTH = new Shape.Truth();
    static final Shape<Map<String, String>> PAIRS = new Shape.Pairs(false);
    static final Shape<Map<String, String>> SETTINGS = new Shape.Pairs(true);
    static final Shape<Machine.FirmwareKind> FIRMWARE = choice(Machine.FirmwareKind.class, "efi", "uefi", "ovmf",
            "uefi", "seabios", "bios", "legacy", "bios");
    static final Shape<String> HOST = Shape.Text.of("a host name or an IP address", ProblemCode.BAD_HOST,
            "[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?", Function.identity()).remedy(Values::hostRemedy);
    static final Shape<String> SECRET = Shape.Text.of("the name of a secret, such as lab/bmc",
            ProblemCode.BAD_SECRET_NAME, "[a-z0-9][a-z0-9._/-]{0,98}[a-z0-9]", Function.identity());
    static final Shape<String> ENDPOINT = Shape.Text.of("an https address, such as https://pve.lab.example:8006",
            ProblemCode.BAD_ENDPOINT, "https?://[A-Za-z0-9.:\\[\\]-]{1,253}(?:/[A-Za-z0-9._~/-]{0,253})?",
            Function.identity());
    static final Shape<String> PUBLIC_KEY = Shape.Text.of("an SSH public key, such as ssh-ed25519 AAAA... me@lab",
            ProblemCode.BAD_PUBLIC_KEY,
            "(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]{1,64} [A-Za-z0-9+/=]{16,2048}(?: [!-~ ]{0,253})?",
            Function.identity());
    static final Shape<Duration> DURATION = Shape.Text.of("a duration, such as 45m", ProblemCode.BAD_DURATION,
            "[1-9][0-9]{0,5}[smh]", Values::duration).remedy(
                    text -> text.matches("[1-9][0-9]{0,5}")
                            ? Optional.of("Did you mean '" + text + "m'?")
                            : Optional.empty());

    private Values() {}

    /** A word that must be exactly this. */
    static Shape<String> exactly(String word, ProblemCode code) {
        return Shape.Text.of("'" + word + "'", code, word.replace(".", "\\."),
                Function.identity());
    }

    /** The lower-case names of an enum, with dashes. {@code alsoCalled}: pairs of a foreign word and ours. */
    static <E extends Enum<E>> Shape<E> choice(Class<E> type, String... alsoCalled) {
        Map<String, E> words = new LinkedHashMap<>();
        for (E value : type.getEnumConstants()) {
            words.put(word(value), value);
        }
        Map<String, String> others = new LinkedHashMap<>();
        for (int i = 0; i < alsoCalled.length; i += 2) {
            others.put(alsoCalled[i], alsoCalled[i + 1]);
        }
        return new Shape.Choice<>(words, others);
    }

    /** One of some words, taken as they are. */
    static Shape<String> words(List<String> words) {
        Map<String, String> same = new LinkedHashMap<>();
        words.forEach(word -> same.put(word, word));
        return new Shape.Choice<>(same, Map.of());
    }

    /** {@code control-plane} for {@code CONTROL_PLANE}. */
    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Shape<String> label(String called, int longest) {
        return Shape.Text.of(called + " of at most " + longest + " lower-case letters, digits and dashes",
                ProblemCode.BAD_NAME, LABEL.formatted(longest - 2), Function.<String>identity())
                .remedy(text -> Optional
                        .of(text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", ""))
                        .filter(better -> !better.isEmpty() && better.length() <= longest)
                        .map(better -> "Write '" + better + "', for example."));
    }

    private static Duration duration(String text) {
        long number = Long.parseLong(text.substring(0, text.length() - 1));
        return switch (text.charAt(text.length() - 1)) {
            case 's' -> Duration.ofSeconds(number);
            case 'm' -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }

    private static Optional<String> hostRemedy(String text) {
        Matcher url = Pattern.compile("[a-z+]+://([A-Za-z0-9.-]+)(?::\\d+)?(?:/.*)?").matcher(text);
        return url.matches() ? Optional.of("Did you mean '" + url.group(1) + "'?") : Optional.empty();
    }

    private static MacAddress mac(String text) {
        MacAddress mac = new MacAddress(text);
        if ((Integer.parseInt(mac.value().substring(0, 2), 16) & 1) != 0 || mac.value().equals("00:00:00:00:00:00")) {
            throw new IllegalArgumentException(mac + " is no address of a single port (IEEE 802, group bit)");
        }
        return mac;
    }

    private static Optional<String> macRemedy(String text) {
        String digits = text.replaceAll("[^0-9a-fA-F]", "").toLowerCase(Locale.ROOT);
        if (digits.length() != 12 || !text.matches("[0-9a-fA-F.:-]*")) {
            return Optional.empty();
        }
        String better = digits.replaceAll("(..)(?!$)", "$1:");
        return better.equals(text.toLowerCase(Locale.ROOT))
                ? Optional.empty()
                : Optional.of("Did you mean '" + better + "'?");
    }

    private static Optional<String> addressRemedy(String text) {
        int slash = text.indexOf('/');
        return slash <= 0
                ? Optional.empty()
                : attempt(() -> Addresses.parse(text.substring(0, slash)))
                        .map(address -> "Did you mean '" + address.getHostAddress() + "', without the prefix length?");
    }

    private static Optional<String> cidrRemedy(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return attempt(() -> Cidr.around(Addresses.parse(text), text.contains(":") ? 64 : 24))
                    .map(cidr -> "Did you mean '" + cidr + "'?");
        }
        return attempt(() -> Cidr.around(Addresses.parse(text.substring(0, slash)),
                Integer.parseInt(text.substring(slash + 1)))).filter(cidr -> !cidr.toString().equals(text))
                .map(cidr -> "Did you mean '" + cidr + "'?");
    }

    /** The short form 10.1.107.100-150 is common elsewhere. */
    private static Optional<String> rangeRemedy(String text) {
        Matcher shortForm = Pattern.compile("((?:\\d+\\.){3})(\\d+) ?- ?(\\d+)").matcher(text);
        if (shortForm.matches()) {
            String full = shortForm.group(1) + shortForm.group(2) + "-" + shortForm.group(1) + shortForm.group(3);
            return attempt(() -> AddressRange.parse(full)).map(range -> "Did you mean '" + range + "'?");
        }
        int dash = text.indexOf('-');
        return dash < 0
                ? Optional.empty()
                : attempt(() -> AddressRange.parse(text.substring(dash + 1) + "-" + text.substring(0, dash)))
                        .map(range -> "Did you mean '" + range + "'?");
    }

    private static long mebibytes(String text) {
        Matcher size = Pattern.compile(SIZE).matcher(text);
        if (!size.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a size");
        }
        long number = Long.parseLong(size.group(1));
        return switch (size.group(2)) {
            case "Mi" -> number;
            case "Gi" -> number << 10;
            default -> number << 20;
        };
    }

    private static Optional<String> sizeRemedy(String text) {
        Matcher size = OTHER_SIZE.matcher(text);
        if (!size.matches() || size.group(2).equalsIgnoreCase("k")) {
            return Optional.empty();
        }
        if (size.group(2).isEmpty()) {
            return Optional.of("Did you mean '" + size.group(1) + "Gi' or '" + size.group(1) + "Mi'?");
        }
        String better = size.group(1) + size.group(2).toUpperCase(Locale.ROOT) + "i";
        return better.equals(text) ? Optional.of("Give it in Gi.") : Optional.of("Did you mean '" + better + "'?");
    }

    private interface Attempt<T> {
        T make();
    }

    private static <T> Optional<T> attempt(Attempt<T> attempt) {
        try {
            return Optional.of(attempt.make());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
