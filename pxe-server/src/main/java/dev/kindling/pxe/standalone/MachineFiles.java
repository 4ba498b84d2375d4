package dev.kindling.pxe.standalone;

import dev.kindling.pxe.MacAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names and texts of the files that are made for one machine: an iPXE script, a GRUB configuration. */
final class MachineFiles {
    private static final Pattern SCRIPT = Pattern
            .compile("kindling/boot/([0-9a-f]{2}(?:-[0-9a-f]{2}){5})(?:\\.vlan(\\d{1,4}))?\\.ipxe");
    /** GRUB's normal/main.c and net/net.c: by UUID, by hardware type and address, by parts of the address in hex. */
    private static final Pattern GRUB = Pattern.compile("(?:.*/)?grub\\.cfg(?:-(.+))?");
    private static final Pattern GRUB_MAC = Pattern.compile("01-([0-9a-f]{2}(?:-[0-9a-f]{2}){5})");
    private static final int IP_DIGITS = 8;

    private MachineFiles() {}

    /** A machine's script, by its name in a URL. */
    record Script(MacAddress mac, @Nullable Integer vlan) {
        String path() {
            return "kindling/boot/" + mac.value().replace(':', '-') + (vlan == null ? "" : ".vlan" + vlan) + ".ipxe";
        }

        static Optional<Script> of(String path) {
            Matcher name = SCRIPT.matcher(path);
            return name.matches()
                    ? Optional.of(new Script(new MacAddress(name.group(1)),
                            name.group(2) == null ? null : Integer.valueOf(name.group(2))))
                    : Optional.empty();
        }

        /**
         * Its text.
         *
         * @param url turns a path below the root into a URL
         */
        String text(BootSettings boot, java.util.function.UnaryOperator<String> url) {
            String arguments = arguments(boot);
            var text = new StringBuilder("#!ipxe\n# made by kindling for ").append(mac).append('\n');
            if (vlan != null) {
                text.append("set vlan ").append(vlan).append('\n');
            }
            if (boot.kernel() == null) {
                return text.append(arguments.isEmpty() ? "" : "set args " + arguments + "\n")
                        .append("chain --autofree ").append(url.apply(String.valueOf(boot.script()))).append('\n')
                        .toString();
            }
            // a kernel that UEFI starts finds its initrds by these names
            text.append("kernel ").append(url.apply(boot.kernel()));
            for (int i = 0; i < boot.initrds().size(); i++) {
                text.append(" initrd=initrd").append(i);
            }
            text.append(arguments.isEmpty() ? "" : " " + arguments).append('\n');
            for (int i = 0; i < boot.initrds().size(); i++) {
                text.append("initrd --name initrd").append(i).append(' ').append(url.apply(boot.initrds().get(i)))
                        .append('\n');
            }
            return text.append("boot\n").toString();
        }

        /** The network's tag, as dracut reads it: a VLAN on top of the card with this hardware address. */
        private String arguments(BootSettings boot) {
            String own = boot.arguments() == null ? "" : boot.arguments();
            return vlan == null
                    ? own
                    : (own + " ifname=bootnet:" + mac + " vlan=vlan" + vlan + ":bootnet").strip();
        }
    }

    /** Which machine GRUB asks for by the name of its configuration. */
    sealed interface GrubName {
        /** {@code grub.cfg-01-52-54-...}. */
        record ByMac(MacAddress mac) implements GrubName {}

        /** {@code grub.cfg-4c4c4544-...}. */
        record ByUuid(UUID uuid) implements GrubName {}

        /** {@code grub.cfg-0A4D0065}, the whole address; or {@code grub.cfg}, its last try: whoever asks. */
        record Asker(boolean last) implements GrubName {}

        /** A part of an address: others could be meant as well. */
        record Part() implements GrubName {}
    }

    static Optional<GrubName> grub(String path) {
        Matcher name = GRUB.matcher(path);
        if (!name.matches()) {
            return Optional.empty();
        }
        String rest = name.group(1) == null ? "" : name.group(1).toLowerCase(Locale.ROOT);
        Matcher mac = GRUB_MAC.matcher(rest);
        if (mac.matches()) {
            return Optional.of(new GrubName.ByMac(new MacAddress(mac.group(1))));
        }
        if (rest.isEmpty() || rest.matches("[0-9a-f]{" + IP_DIGITS + "}")) {
            return Optional.of(new GrubName.Asker(rest.isEmpty()));
        }
        try {
            return Optional.of(rest.length() == 36
                    ? new GrubName.ByUuid(UUID.fromString(rest))
                    : new GrubName.Part());
        } catch (IllegalArgumentException e) {
            return Optional.of(new GrubName.Part());
        }
    }

    /** A GRUB configuration that boots the kernel, which GRUB fetches from where it came from itself. */
    static Optional<String> grubText(BootSettings boot) {
        String kernel = boot.kernel();
        if (kernel == null || kernel.contains("://")) {
            return Optional.empty();
        }
        var text = new StringBuilder("# made by kindling\nset timeout=0\nmenuentry \"").append(kernel.replace('"', ' '))
                .append("\" {\n  linux ").append(quoted("/" + kernel));
        if (boot.arguments() != null) {
            text.append(' ').append(boot.arguments());
        }
        if (!boot.initrds().isEmpty()) {
            text.append("\n  initrd");
            boot.initrds().forEach(initrd -> text.append(' ').append(quoted("/" + initrd)));
        }
        return Optional.of(text.append("\n}\n").toString());
    }

    private static String quoted(String path) {
        return "'" + path.replace("'", "'\\''") + "'";
    }
}
