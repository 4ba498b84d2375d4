package dev.kindling.pxe.standalone;

import java.net.Inet4Address;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What to set on a DHCP server of others so that it sends machines to our TFTP and HTTP service, without our ProxyDHCP.
 *
 * <p>
 * Firmware is told apart by option 93 (RFC 4578), iPXE by its user class in option 77, which comes first: a server that
 * gives iPXE the loader again has it load itself for ever.
 */
public final class ServerHints {
    private static final BootSettings USUAL = new BootSettings("undionly.kpxe", "snponly.efi", "snponly-arm64.efi",
            null, "boot.ipxe", null, null, List.of(), null);
    /** What needs no quoting in any of the servers' languages. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._~/%:+=@\\[\\]-]+");
    /** The field "file" of BOOTP, without the NUL at its end (RFC 951). */
    private static final int MOST_OCTETS = 127;

    private final String address;
    private final String script;
    private final List<Row> rows;
    private final String bios;
    private final String uefiX64;

    /** A DHCP server program, or a product with one. */
    public enum Server {
        ISC,
        KEA,
        DNSMASQ,
        MIKROTIK,
        WINDOWS,
        UNIFI
    }

    /**
     * Firmware of one kind.
     *
     * @param architectures the values of option 93
     * @param http whether it wants a URL, and to hear of "HTTPClient" in option 60 (UEFI 2.10, section 24.7)
     */
    private record Row(String name, String title, List<Integer> architectures, boolean http, String file) {
        /** Option 93 in hexadecimal, each octet parted from the next by this. */
        Stream<String> codes(String between) {
            return architectures.stream().map(each -> "%02x%s%02x".formatted(each >> 8, between, each & 0xff));
        }
    }

    private ServerHints(String address, int httpPort, BootSettings boot) {
        this.address = address;
        String base = "http://" + address + (httpPort == 80 ? "" : ":" + httpPort) + "/";
        bios = tftp("--bios", boot.bios());
        uefiX64 = tftp("--uefi-x64", boot.uefiX64());
        String uefiArm64 = tftp("--uefi-arm64", boot.uefiArm64());
        script = http("--ipxe-script", base, boot.script());
        rows = List.of(new Row("bios", "BIOS", List.of(0), false, bios),
                new Row("uefi-x64", "UEFI on x86", List.of(7, 9), false, uefiX64),
                new Row("uefi-arm64", "UEFI on ARM", List.of(11), false, uefiArm64),
                new Row("http-x64", "UEFI HTTP Boot on x86", List.of(16, 17), true,
                        http("--uefi-http", base, boot.uefiHttp() == null ? uefiX64 : boot.uefiHttp())),
                new Row("http-arm64", "UEFI HTTP Boot on ARM", List.of(19), true,
                        http("--uefi-http", base, boot.uefiHttp() == null ? uefiArm64 : boot.uefiHttp())));
    }

    /**
     * The hints for one boot service.
     *
     * @param address of the service
     * @param httpPort of the service
     * @param settings what it gives all machines; the usual names where nothing is said
     * @throws IllegalArgumentException if a name has characters that not every server's language can hold, or is too
     *             long for DHCP
     */
    public static ServerHints of(Inet4Address address, int httpPort, BootSettings settings) {
        return new ServerHints(address.getHostAddress(), httpPort, settings.or(USUAL));
    }

    private static String tftp(String option, @Nullable String path) {
        String file = RootDirectory.withoutSlash(Objects.requireNonNull(path, "the usual one at least"));
        if (RootDirectory.isUrl(file)) {
            throw new IllegalArgumentException(
                    "%s %s: firmware takes it by TFTP. Name a file below the root directory".formatted(option, file));
        }
        return checked(option, file);
    }

    private static String http(String option, String base, @Nullable String path) {
        String named = Objects.requireNonNull(path, "the usual one at least");
        return checked(option, RootDirectory.isUrl(named) ? named : base + RootDirectory.encoded(named));
    }

    private static String checked(String option, String file) {
        if (!PLAIN.matcher(file).matches() || file.length() > MOST_OCTETS) {
            throw new IllegalArgumentException(
                    "%s: %s cannot be written into a DHCP server's configuration: letters, digits and ._~/%%:+=@- are, up"
                            .formatted(option, file) + " to " + MOST_OCTETS + " of them. Rename the file");
        }
        return file;
    }

    /** What to set on that server, with comments in its language; ends with a line feed. */
    public String text(Server server) {
        return switch (server) {
            case ISC -> isc();
            case KEA -> kea();
            case DNSMASQ -> dnsmasq();
            case MIKROTIK -> mikrotik();
            case WINDOWS -> windows();
            case UNIFI -> unifi();
        };
    }

    private String isc() {
        String branches = rows.stream().map(row -> """
                 elsif %s {
                  # %s
                %s}""".formatted(row.codes(":").map(code -> "substring(option kindling-arch, 0, 2) = " + code)
                .collect(Collectors.joining(" or ")), row.title(),
                row.http()
                        ? "  option vendor-class-identifier \"HTTPClient\";\n  filename \"%s\";\n"
                                .formatted(row.file())
                        : "  next-server %s;\n  filename \"%s\";\n".formatted(address, row.file())))
                .collect(Collectors.joining());
        return """
                # ISC dhcpd: into dhcpd.conf, outside of all braces. Check it with: dhcpd -t
                option kindling-arch code 93 = string;
                if exists user-class and option user-class = "iPXE" {
                  # iPXE itself, first: else it would load itself again and again
                  next-server %s;
                  filename "%s";
                }%s
                """.formatted(address, script, branches);
    }

    private String kea() {
        String classes = rows.stream().map(row -> """
                ,
                  // %s
                  {
                    "name": "kindling-%s",
                    "test": "(%s) and not member('kindling-ipxe')",
                    %s"boot-file-name": "%s"
                  }""".formatted(row.title(), row.name(),
                row.codes("").map(code -> "substring(option[93].hex, 0, 2) == 0x" + code)
                        .collect(Collectors.joining(" or ")),
                row.http()
                        ? "\"option-data\": [{\"name\": \"vendor-class-identifier\", \"data\": \"HTTPClient\", "
                                + "\"always-send\": true}],\n    "
                        : "\"next-server\": \"%s\",\n    ".formatted(address),
                row.file())).collect(Collectors.joining());
        return """
                // Kea: into "Dhcp4" of kea-dhcp4.conf; where it has "client-classes" already, only the classes into those.
                // Check it with: kea-dhcp4 -t kea-dhcp4.conf. A subnet's or a host's own "next-server" and "boot-file-name"
                // must not be set: they may win over those of a class.
                "client-classes": [
                  // iPXE itself, first: else it would load itself again and again
                  {
                    "name": "kindling-ipxe",
                    "test": "option[77].hex == 'iPXE'",
                    "next-server": "%s",
                    "boot-file-name": "%s"
                  }%s
                ]
                """
                .formatted(address, script, classes);
    }

    private String dnsmasq() {
        String matches = rows.stream().flatMap(row -> row.architectures().stream()
                .map(each -> "dhcp-match=set:kindling-%s,option:client-arch,%d\n".formatted(row.name(), each)))
                .collect(Collectors.joining());
        String files = rows.stream().map(row -> "# %s\n%s".formatted(row.title(),
                row.http()
                        ? "dhcp-option-force=tag:kindling-%s,tag:!kindling-ipxe,option:vendor-class,HTTPClient\n"
                                .formatted(row.name())
                        : "")
                + "dhcp-boot=tag:kindling-%s,tag:!kindling-ipxe,%s,,%s\n".formatted(row.name(), row.file(), address))
                .collect(Collectors.joining());
        return """
                # dnsmasq: into a file below /etc/dnsmasq.d. Check it with: dnsmasq --test
                # Where dnsmasq is to boot machines itself (enable-tftp, pxe-service), switch that off.
                dhcp-userclass=set:kindling-ipxe,iPXE
                %s# iPXE itself: given the loader, it would load itself again and again
                dhcp-boot=tag:kindling-ipxe,%s,,%s
                %s""".formatted(matches, script, address, files);
    }

    private String mikrotik() {
        String options = rows.stream().map(row -> routerOsSet(row.name(), row.file(), row.http()))
                .collect(Collectors.joining());
        String matchers = rows.stream().flatMap(row -> row.codes("")
                .map(code -> routerOsMatcher(row.name() + "-" + code, 93, "0x" + code, row.name())))
                .collect(Collectors.joining());
        return """
                # MikroTik RouterOS 7.4 and later: into a terminal. Write your DHCP server's name for dhcp1, its pool's name for
                # pool1, its network for 10.0.0.0/24.
                # Older ones have no "matcher" and cannot tell firmware apart by option 93: they have one boot file for all
                # (the last line alone); there, rather: kindling pxe serve --mode proxy.
                # A matcher compares the whole option: firmware that sends several values in option 93 is matched by none.
                %s%s# iPXE's matcher stands first: else it would load itself again and again
                %s%s# The server's address for all; no boot-file-name: iPXE goes by that rather than by option 67, and would load
                # itself again and again
                /ip dhcp-server network set [find address=10.0.0.0/24] next-server=%s
                # RouterOS before 7.4, in place of all that:
                # /ip dhcp-server network set [find address=10.0.0.0/24] next-server=%s boot-file-name="%s"
                """
                .formatted(routerOsSet("ipxe", script, false), options,
                        routerOsMatcher("ipxe", 77, "iPXE", "ipxe"), matchers, address, address, bios);
    }

    private static String routerOsSet(String name, String file, boolean http) {
        String names = "kindling-" + name + (http ? ",kindling-" + name + "-class" : "");
        return (http
                ? "/ip dhcp-server option add name=kindling-%s-class code=60 value=\"s'HTTPClient'\" force=yes\n"
                        .formatted(name)
                : "")
                + """
                        /ip dhcp-server option add name=kindling-%1$s code=67 value="s'%2$s'" force=yes
                        /ip dhcp-server option sets add name=kindling-%1$s options=%3$s
                        """.formatted(name, file, names);
    }

    private static String routerOsMatcher(String name, int code, String value, String set) {
        return "/ip dhcp-server matcher add name=kindling-%s server=dhcp1 address-pool=pool1 code=%d value=\"%s\" option-set=kindling-%s\n"
                .formatted(name, code, value, set);
    }

    private String windows() {
        int order = 2;
        var text = new StringBuilder(
                """
                        # Windows Server DHCP: PowerShell as administrator. Write your scope for 10.0.0.0.
                        # Windows has no policy on option 93: it goes by the vendor class in option 60, which has the same number.
                        # Remove options 60, 66 and 67 of the scope and of the server first; keep WDS on another host.
                        $scope = '10.0.0.0'
                        Add-DhcpServerv4OptionDefinition -Name 'PXEClient' -OptionId 60 -Type String -ErrorAction SilentlyContinue
                        # iPXE itself, first: else it would load itself again and again
                        Add-DhcpServerv4Class -Name 'Kindling ipxe' -Type User -Data 'iPXE'
                        Add-DhcpServerv4Policy -ScopeId $scope -Name 'Kindling ipxe' -ProcessingOrder 1 -Condition OR -UserClass EQ,'Kindling ipxe'
                        """);
        windowsValues(text, "ipxe", script, false);
        for (Row row : rows) {
            for (int architecture : row.architectures()) {
                String name = "%s-%05d".formatted(row.name(), architecture);
                text.append(
                        """
                                # %1$s
                                Add-DhcpServerv4Class -Name 'Kindling %2$s' -Type Vendor -Data '%3$s:Arch:%4$05d'
                                Add-DhcpServerv4Policy -ScopeId $scope -Name 'Kindling %2$s' -ProcessingOrder %5$d -Condition AND -VendorClass EQ,'Kindling %2$s*' -UserClass NE,'Kindling ipxe'
                                """
                                .formatted(row.title(), name, row.http() ? "HTTPClient" : "PXEClient", architecture,
                                        order));
                order++;
                windowsValues(text, name, row.file(), row.http());
            }
        }
        return text.toString();
    }

    private void windowsValues(StringBuilder text, String name, String file, boolean http) {
        String set = "Set-DhcpServerv4OptionValue -ScopeId $scope -PolicyName 'Kindling %s' -OptionId %d -Value '%s'\n";
        if (http) {
            text.append(set.formatted(name, 60, "HTTPClient"));
        }
        text.append(set.formatted(name, 66, address)).append(set.formatted(name, 67, file));
    }

    private String unifi() {
        return """
                # UniFi Network: Settings, Networks, the network, DHCP, "Network Boot" (on):
                #   server    %s
                #   file name %s
                # UniFi has one boot file for all machines. This one is for UEFI on x86; for BIOS it would be %s.
                # It cannot tell BIOS, ARM, HTTP Boot and iPXE apart. iPXE on UEFI does not loop all the same: it finds
                # autoexec.ipxe beside itself, which goes on with %s.
                # Older iPXE on BIOS does not look for that, and loads itself again and again.
                # For more than one kind of firmware leave "Network Boot" off, and run beside it:
                #   kindling pxe serve --mode proxy
                """.formatted(address, uefiX64, bios, script);
    }
}
