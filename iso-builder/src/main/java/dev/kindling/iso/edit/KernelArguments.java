package dev.kindling.iso.edit;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kernel arguments in the menus of boot loaders: {@code append} of isolinux and syslinux, {@code linux} and its kin of
 * GRUB, {@code options} of systemd-boot. Text comes and goes as ISO 8859-1, so that other encodings survive.
 */
public final class KernelArguments {
    private static final long MENU_LIMIT = 1 << 20;
    private static final Pattern LINE = Pattern.compile(
            "(?im)^([ \\t]*)(append|linux|linuxefi|linux16|\\$linux|options)([ \\t]+)([^\\r\\n]*?)([ \\t]*)$");
    /** What follows is for the installed system (Debian's and Ubuntu's installers): ours belong before it. */
    private static final Pattern SEPARATOR = Pattern.compile("(^|[ \\t])---?([ \\t]|$)");

    private KernelArguments() {}

    /** A file that may be such a menu. */
    public static boolean isMenu(String path, long bytes) {
        String lower = path.toLowerCase(Locale.ROOT);
        boolean place = lower.contains("linux/") || lower.contains("grub") || lower.contains("boot")
                || lower.contains("efi/") || lower.contains("loader/") || lower.indexOf('/') < 0;
        return bytes <= MENU_LIMIT && place && (lower.endsWith(".cfg") || lower.endsWith(".conf"));
    }

    /** The menu with arguments in every entry that starts a kernel; the same text where there is none. */
    static String addTo(String menu, String arguments) {
        Matcher line = LINE.matcher(menu);
        StringBuilder out = new StringBuilder();
        while (line.find()) {
            String rest = line.group(4);
            String word = line.group(2).toLowerCase(Locale.ROOT);
            if (rest.isEmpty() || rest.contains("memtest") || (word.equals("options") && !rest.contains("="))) {
                continue;
            }
            boolean grub = word.contains("linux");
            String added = grub ? arguments.replace(";", "\\;") : arguments;
            Matcher separator = SEPARATOR.matcher(rest);
            String with = separator.find()
                    ? rest.substring(0, separator.start()).stripTrailing() + " " + added
                            + (separator.group(1).isEmpty() ? " " : "") + rest.substring(separator.start())
                    : rest + " " + added;
            line.appendReplacement(out, Matcher
                    .quoteReplacement(line.group(1) + line.group(2) + line.group(3) + with.strip() + line.group(5)));
        }
        return line.appendTail(out).toString();
    }

    /** As the menu wants it, once: arguments that every entry has already are not added again. */
    public static String add(String menu, String arguments) {
        String bare = arguments.strip();
        return bare.isEmpty() ? menu : addTo(menu, bare);
    }
}
