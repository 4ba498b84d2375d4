package dev.kindling.pxe.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the kernel says of tagged interfaces (802.1Q). */
public final class Vlan {
    private static final Pattern ID = Pattern.compile("\\bVID: (\\d{1,4})\\b");

    private Vlan() {}

    /** The id of the VLAN that the interface is for; empty where it is not tagged. */
    public static Optional<Integer> idOf(String device) {
        return idOf(device, Path.of("/proc/net/vlan"));
    }

    static Optional<Integer> idOf(String device, Path directory) {
        try (Stream<String> lines = Files.lines(directory.resolve(device))) {
            return lines.map(ID::matcher).filter(Matcher::find).map(match -> Integer.valueOf(match.group(1)))
                    .findFirst();
        } catch (IOException e) {
            // not tagged, or a kernel without VLANs
            return Optional.empty();
        }
    }
}
