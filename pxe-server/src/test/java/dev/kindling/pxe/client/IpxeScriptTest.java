package dev.kindling.pxe.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.MacAddress;
import java.io.FileNotFoundException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpxeScriptTest {
    private static final String START = "http://10.0.0.1:8080/m/boot.ipxe";
    private final Map<String, String> files = new TreeMap<>(Map.of("http://10.0.0.1:8080/files/vmlinuz", "kernel",
            "http://10.0.0.1:8080/files/initrd", "first", "http://10.0.0.1:8080/files/second", "second one"));
    private final List<String> fetched = new ArrayList<>();
    private final List<String> said = new ArrayList<>();

    @Test
    void startsAKernelWithItsArgumentsAndInitrds() throws InterruptedException {
        var kernel = (Result.Kernel) boot(
                """
                        #!ipxe
                        # a comment
                        set base http://${next-server}:8080/files
                        kernel --name linux ${base}/vmlinuz console=ttyS0 kindling.mac=${net0/mac} kindling.url=${base} || goto no
                        initrd ${base}/initrd
                        initrd --name two ../files/second /etc/two mode=644
                        boot || goto no
                        :no
                        exit 1
                        """);
        assertThat(kernel.kernel()).isEqualTo(new Result.Image("linux", "http://10.0.0.1:8080/files/vmlinuz", 6,
                "console=ttyS0 kindling.mac=52:54:00:4b:4c:01 kindling.url=http://10.0.0.1:8080/files"));
        assertThat(kernel.initrds()).containsExactly(
                new Result.Image("initrd", "http://10.0.0.1:8080/files/initrd", 5, ""),
                new Result.Image("two", "http://10.0.0.1:8080/files/second", 10, "/etc/two mode=644"));
        assertThat(kernel.argument("kindling.mac")).contains("52:54:00:4b:4c:01");
        assertThat(kernel.argument("kindling")).isEmpty();
    }

    /** From iPXE's own rules: each command of a line depends on how the last one that ran has ended. */
    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
            isset ${mac} && echo yes || echo no                ~ yes
            isset ${nothing} && echo yes || echo no            ~ no
            isset ${nothing} || echo no && echo then           ~ no,then
            isset ${mac} || echo no && echo then               ~ then
            isset ${nothing} ; echo always                     ~ always
            isset ${nothing} && echo a && echo b ||            ~
            iseq ${platform} efi && echo efi ||                ~ efi
            iseq ${buildarch} x86_64 && echo 64 ||             ~ 64
            iseq a b ||                                        ~
            set x ${mac:hexhyp} && echo ${x}                   ~ 52-54-00-4b-4c-01
            set a b && set b deep && echo ${${a}}              ~ deep
            set a one two && echo <${a}>                       ~ <one two>
            clear mac && echo <${mac}>                         ~ <>
            echo ${serial} ${net0/ip} ${ip} ${uuid} # comment  ~ KDL1 10.0.0.9 10.0.0.9 11223344-5566-7788-99aa-bbccddeeff00
            """)
    void runsALineAsIpxeDoes(String line, @Nullable String output)
            throws InterruptedException {
        boot("#!ipxe\n" + line + "\nexit\n");
        assertThat(said).isEqualTo(output == null ? List.of() : List.of(output.split(",", -1)));
    }

    @Test
    void repeatsUntilTheServerIsReady() throws InterruptedException {
        var result = boot("""
                #!ipxe
                :retry
                chain --autofree http://10.0.0.1:8080/next || goto wait
                :wait
                iseq ${tries} xxx && exit ||
                set tries ${tries}x
                sleep 0
                goto retry
                """);
        assertThat(result).isInstanceOf(Result.LocalDisk.class);
        assertThat(fetched).filteredOn(url -> url.endsWith("/next")).hasSize(4);
    }

    @Test
    void goesOnAfterAScriptThatExits() throws InterruptedException {
        files.put("http://10.0.0.1:8080/m/inner", "#!ipxe\necho inner\nexit\necho never\n");
        boot("#!ipxe\nchain inner\necho outer\n");
        assertThat(said).containsExactly("inner", "outer");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            sanboot --no-describe --drive 0x80 | sanboot --no-describe --drive 0x80
            exit                               | the script has ended
            exit 0                             | the script has ended
            echo                               | the script has ended
            """)
    void goesOnWithTheDisk(String line, String reason) throws InterruptedException {
        assertThat(((Result.LocalDisk) boot("#!ipxe\n" + line + "\n")).reason()).isEqualTo(reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            frobnicate                          | command not found: frobnicate
            kernel http://10.0.0.1:8080/missing | not found
            goto nowhere                        | no label nowhere
            boot                                | nothing to boot
            exit 1                              | exit with an error
            imgargs linux a=b                   | no such image
            poweroff                            | asks for poweroff
            prompt --key x                      | nobody presses a key
            isset                               | not set
            sanboot iscsi:10.0.0.1::::iqn       | only local disks
            kernel                              | wrong arguments
            """)
    void failsWithTheReason(String line, String reason) throws InterruptedException {
        assertThat(((Result.Failed) boot("#!ipxe\n" + line + "\n")).reason()).contains(reason);
    }

    @Test
    void doesNotRunForEver() throws InterruptedException {
        assertThat(((Result.Failed) boot("#!ipxe\n:a\necho\ngoto a\n")).reason()).contains("in circles");
        said.clear();
        assertThat(((Result.Failed) boot("#!ipxe\nchain boot.ipxe\n")).reason()).contains("too deeply");
    }

    @Test
    void givesAnImageNewArguments() throws InterruptedException {
        var kernel = (Result.Kernel) boot("""
                #!ipxe
                kernel ../files/vmlinuz old
                imgargs vmlinuz new ones
                boot
                """);
        assertThat(kernel.kernel().arguments()).isEqualTo("new ones");
    }

    @Test
    void startsAProgramThatIsNoScript() throws InterruptedException {
        var kernel = (Result.Kernel) boot("#!ipxe\nchain ../files/vmlinuz a b\n");
        assertThat(kernel.kernel().url()).endsWith("/files/vmlinuz");
        assertThat(kernel.toString()).doesNotContain("a b");
    }

    private Result boot(String script) throws InterruptedException {
        files.put(START, script);
        var lease = new Result.Lease(InetAddress.ofLiteral("10.0.0.9"), InetAddress.ofLiteral("10.0.0.1"), START, null);
        var machine = new Machine(new MacAddress("52:54:00:4b:4c:01"),
                UUID.fromString("11223344-5566-7788-99aa-bbccddeeff00"), Machine.Kind.UEFI_PXE,
                Map.of("serial", "KDL1"));
        var timing = new Timing(List.of(Duration.ZERO), Duration.ZERO, Duration.ZERO, Duration.ZERO, 1, Duration.ZERO,
                Duration.ZERO);
        return new IpxeScript(machine, lease, timing, (base, url) -> {
            String full = base.isEmpty() ? url : URI.create(base).resolve(url).toString();
            fetched.add(full);
            String text = files.get(full);
            if (text == null) {
                throw new FileNotFoundException(full + ": not found");
            }
            return new IpxeScript.Fetched(full, text.length(), text.startsWith("#!ipxe") ? text : null);
        }, step -> said.add(step.text())).boot(START);
    }
}
