package dev.kindling.pxe.standalone;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How far a machine has come with its boot, from what it was seen to do: a fold of {@link PxeEvent}s, without I/O and
 * without a clock of its own.
 *
 * @param mac the machine
 * @param stage the last one that it was seen to reach
 * @param since when it reached that
 * @param evidence what was seen last
 * @param at when that was
 * @param agent who spoke last by DHCP
 * @param discovers DISCOVERs of this agent since it was last acknowledged
 * @param told what it was last told to fetch: a path or a URL; null: nothing
 * @param trouble what was last said to be wrong; null: nothing since the stage began
 */
public record BootProgress(MacAddress mac, Stage stage, Instant since, String evidence, Instant at, Agent agent,
        int discovers, @Nullable String told, @Nullable String trouble) {
    private static final Pattern KERNEL = Pattern
            .compile(
                    "(vmlinuz|vmlinux|linux|bzimage|kernel|image|memdisk|xen|wimboot|mboot).*|.*\\.(wim|efi\\.kernel)");
    private static final Pattern INITRD = Pattern
            .compile(
                    "(initrd|initramfs|init\\.img|initrd-magic|rootfs|modloop).*|.*\\.(img|squashfs|cpio|gz|xz|iso|tgz)");
    private static final Pattern CONFIG = Pattern
            .compile("(user-data|meta-data|vendor-data|network-config|preseed.*|ks.*|autoinst.*|answer.*)"
                    + "|.*\\.(ign|yaml|yml|cfg|ks|seed|json)");
    private static final Pattern SCRIPT = Pattern.compile(".*\\.ipxe|grub\\.cfg.*|pxelinux\\.cfg.*|menu.*");
    private static final Pattern LOADER = Pattern.compile(".*\\.(efi|kpxe|kkpxe|pxe|0|lkrn|efi\\.signed)");
    private static final int REPEATED = 3;

    /** What a boot goes through, in its order; a machine may leave some out. */
    public enum Stage {
        /** It asked by DHCP. */
        SEEN,
        /** It was offered an address, or what to boot. */
        OFFERED,
        /** It has its address. */
        ADDRESS,
        /** It has the whole of its boot loader. */
        LOADER,
        /** iPXE, or another loader's second round, asked by DHCP. */
        SECOND_DHCP,
        /** It has its script or its loader's configuration. */
        SCRIPT,
        /** It has the kernel. */
        KERNEL,
        /** It has an initial RAM disk. */
        INITRD,
        /** It has an installer's configuration. */
        CONFIG,
        /** An operating system asked by DHCP, after what it has booted. */
        SYSTEM
    }

    /** The start for a machine; empty where the event is about none. */
    public static Optional<BootProgress> first(PxeEvent event) {
        MacAddress mac = event.mac();
        return mac == null
                ? Optional.empty()
                : Optional.of(new BootProgress(mac, Stage.SEEN, event.at(), event.text(), event.at(),
                        Agent.OPERATING_SYSTEM, 0, null, null).after(event));
    }

    /** The progress after one more event of this machine. */
    public BootProgress after(PxeEvent event) {
        return switch (event) {
            case PxeEvent.DhcpSeen seen -> asked(seen);
            case PxeEvent.DhcpAnswered answered -> answered(answered);
            case PxeEvent.FetchStarted started -> evidence(started);
            case PxeEvent.FetchDone done -> fetched(done);
            case PxeEvent.FetchFailed failed -> trouble(failed, "it did not get %s: %s".formatted(failed.path(),
                    failed.reason()));
            case PxeEvent.Ignored ignored -> trouble(ignored, "it is not answered: " + ignored.reason());
            case PxeEvent.Stalled stalled -> trouble(stalled, stalled.reason());
            case PxeEvent.AddressConflict conflict -> trouble(conflict, conflict.text());
            case PxeEvent.ForeignServer foreign -> trouble(foreign, "another server is on this network: "
                    + foreign.address().getHostAddress());
        };
    }

    private BootProgress asked(PxeEvent.DhcpSeen seen) {
        boolean discover = seen.messageType().equals("DISCOVER");
        Stage reached = switch (seen.agent()) {
            // firmware that asks anew begins a new boot
            case FIRMWARE_PXE, FIRMWARE_HTTP -> discover && stage.compareTo(Stage.OFFERED) > 0 ? Stage.SEEN : stage;
            case IPXE -> stage.compareTo(Stage.SECOND_DHCP) < 0 ? Stage.SECOND_DHCP : stage;
            case OPERATING_SYSTEM -> stage.compareTo(Stage.KERNEL) >= 0 ? Stage.SYSTEM : stage;
        };
        // iPXE as the card's own ROM begins a boot as well, and asks once more after its script
        if (seen.agent() == Agent.IPXE && discover && stage.compareTo(Stage.SCRIPT) >= 0) {
            reached = Stage.SECOND_DHCP;
        }
        int count = !discover ? discovers : seen.agent() == agent ? discovers + 1 : 1;
        return moved(seen, reached, seen.agent(), count, told);
    }

    private BootProgress answered(PxeEvent.DhcpAnswered answered) {
        boolean ack = answered.messageType().equals("ACK");
        Stage reached = stage.compareTo(Stage.SECOND_DHCP) >= 0 || stage == Stage.LOADER
                ? stage
                : ack ? Stage.ADDRESS : Stage.OFFERED;
        return moved(answered, reached, agent, ack ? 0 : discovers, answered.bootFile());
    }

    private BootProgress fetched(PxeEvent.FetchDone done) {
        Stage reached = stageOf(done.path());
        return moved(done, reached == null ? stage : reached, agent, discovers, told);
    }

    /** By its name, as boot files are called; null: it may be anything. */
    private @Nullable Stage stageOf(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        boolean named = told != null && (told.equals(path) || told.endsWith("/" + path));
        if (named) {
            return agent == Agent.IPXE ? Stage.SCRIPT : Stage.LOADER;
        }
        return SCRIPT.matcher(name).matches()
                ? Stage.SCRIPT
                : LOADER.matcher(name).matches()
                        ? Stage.LOADER
                        : KERNEL.matcher(name).matches()
                                ? Stage.KERNEL
                                : CONFIG.matcher(name).matches()
                                        ? Stage.CONFIG
                                        : INITRD.matcher(name).matches() ? Stage.INITRD : null;
    }

    private BootProgress evidence(PxeEvent event) {
        return new BootProgress(mac, stage, since, event.text(), event.at(), agent, discovers, told, trouble);
    }

    private BootProgress trouble(PxeEvent event, String what) {
        return new BootProgress(mac, stage, since, event.text(), event.at(), agent, discovers, told, what);
    }

    private BootProgress moved(PxeEvent event, Stage reached, Agent speaker, int count, @Nullable String file) {
        boolean same = reached == stage;
        return new BootProgress(mac, reached, same ? since : event.at(), event.text(), event.at(), speaker, count,
                file, same ? trouble : null);
    }

    /**
     * Why it does not go on; empty while it does, or where it is done.
     *
     * @param now to be asked every few seconds
     */
    public Optional<String> stuck(Instant now) {
        Duration quiet = Duration.between(at, now);
        return why().filter(why -> quiet.compareTo(patience()) >= 0 || discovers >= REPEATED)
                .map(why -> "stuck for %d s after %s: %s".formatted(Duration.between(since, now).toSeconds(),
                        phrase(), why));
    }

    /** Firmware repeats itself after 4, 8, 16 and 32 s; a loader needs some time to start. */
    private Duration patience() {
        return switch (stage) {
            case SEEN, OFFERED, ADDRESS -> Duration.ofSeconds(10);
            case LOADER, SECOND_DHCP, SCRIPT -> Duration.ofSeconds(30);
            case KERNEL, INITRD, CONFIG, SYSTEM -> Duration.ofMinutes(10);
        };
    }

    /** What was said to be wrong, else what it is likely to be; empty where it may take its time. */
    private Optional<String> why() {
        if (agent == Agent.OPERATING_SYSTEM && stage.compareTo(Stage.LOADER) < 0) {
            return Optional.empty();
        }
        Optional<String> said = Optional.ofNullable(trouble);
        return switch (stage) {
            case SEEN -> said.or(() -> Optional.of("nothing was answered"));
            case OFFERED -> Optional.of("it has asked %d times and takes no offer of ours; ".formatted(discovers)
                    + said.orElse("our replies do not reach it, or it takes another server's"));
            case ADDRESS -> told == null
                    ? Optional.of("there is no boot file for its firmware")
                    : said.or(
                            () -> Optional.of("it was told to fetch %s, and never asked for it: a firewall between, or"
                                    .formatted(told) + " another server's offer was taken for what to boot"));
            case LOADER -> said.or(() -> Optional.of("the loader did not ask by DHCP or for a file: Secure Boot refuses"
                    + " it, it is for another processor, or it has no driver for the network card"));
            case SECOND_DHCP -> said.or(() -> Optional.of(told == null
                    ? "there is no script for iPXE"
                    : "iPXE was told to run %s, and never fetched it".formatted(told)));
            case SCRIPT -> said.or(() -> Optional.of("its script fetches nothing of ours: it waits, it went on"
                    + " elsewhere, or it boots the disk"));
            case KERNEL, INITRD, CONFIG -> said;
            case SYSTEM -> Optional.empty();
        };
    }

    private String phrase() {
        return switch (stage) {
            case SEEN -> "its first DHCP message";
            case OFFERED -> "our offer";
            case ADDRESS -> "it got its address";
            case LOADER -> "it got its boot loader";
            case SECOND_DHCP -> "iPXE asked by DHCP";
            case SCRIPT -> "it got its script";
            case KERNEL -> "it got its kernel";
            case INITRD -> "it got its initial RAM disk";
            case CONFIG -> "it got its configuration";
            case SYSTEM -> "its system started";
        };
    }
}
