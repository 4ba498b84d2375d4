package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** The scripts and lists that run on the machines: data in the assets module. */
final class GuestFiles {
    private static final String ROOT = "/dev/kindling/assets/guest/";

    private GuestFiles() {}

    static byte[] bytes(String name) throws IOException {
        try (InputStream in = GuestFiles.class.getResourceAsStream(ROOT + name)) {
            if (in == null) {
                throw new IOException("this build of Kindling lacks its file " + ROOT + name);
            }
            return in.readAllBytes();
        }
    }

    static String text(String name) throws IOException {
        return new String(bytes(name), UTF_8);
    }

    /** The lines of a list, without comments and empty lines. */
    static List<String> list(String name) throws IOException {
        return text(name).lines().map(String::strip).filter(line -> !line.isEmpty() && !line.startsWith("#")).toList();
    }
}
