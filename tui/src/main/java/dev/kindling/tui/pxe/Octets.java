package dev.kindling.tui.pxe;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** {@code 70000}, {@code 500K}, {@code 64M}, {@code 1G}: powers of 1024. */
final class Octets implements ITypeConverter<Long> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9})([KMG]?)");

    @Override
    public Long convert(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new TypeConversionException("'" + text + "' is not a size such as 500K, 64M or 1G");
        }
        return Long.parseLong(form.group(1)) << switch (form.group(2)) {
            case "K" -> 10;
            case "M" -> 20;
            case "G" -> 30;
            default -> 0;
        };
    }
}
