package dev.kindling.engine.boot;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides what each machine of a cluster boots, gives out what only that machine may have, and takes its reports: the
 * engine's side of docs/machine-protocol.md.
 */
public final class ClusterBoot implements BootSource {
    private static final String MACHINE_PATH = "m/";
    private static final String FILE_PATH = "files/";

    private final Machines machines;
    private final Map<InetAddress, Machine> reserved;
    private final Payload payload;
    private final BootTokens tokens;
    private final Supplier<String> baseUrl;
    private final Function<Machine, Optional<String>> installConfig;
    private final BiConsumer<Machine, String> kubeconfig;
    /** Orders that the run has released: a machine is told "wait" until then. */
    private final Map<String, Event.DiskWriteOrdered> released = new ConcurrentHashMap<>();
    /** What is written to the disks of machines with a released order; the seed among it is secret. */
    private final Map<String, List<Payload.Piece>> pieces = new ConcurrentHashMap<>();

    /**
     * @param key of the cluster's tokens
     * @param baseUrl of the boot service as machines reach it, without a slash at the end
     * @param installConfig of a machine, once its cluster step has begun
     * @param kubeconfig takes what the primer sends
     */
    public ClusterBoot(Machines machines, Payload payload, byte[] key, Supplier<String> baseUrl,
            Function<Machine, Optional<String>> installConfig, BiConsumer<Machine, String> kubeconfig) {
        this.machines = machines;
        this.reserved = machines.cluster().machines().stream()
                .collect(Collectors.toUnmodifiableMap(Machine::address, Function.identity()));
        this.payload = payload;
        this.tokens = new BootTokens(key);
        this.baseUrl = baseUrl;
        this.installConfig = installConfig;
        this.kubeconfig = kubeconfig;
    }

    /** Lets the stage of a machine carry out an order. The order is in the journal already. */
    public void release(Event.DiskWriteOrdered order, long diskBytes) {
        Machine machine = machines.now(order.machine()).machine();
        pieces.put(machine.name(), payload.pieces(machine, diskBytes,
                new Payload.Seed(baseUrl.get(), tokens.system(machine.name(), order.order()), order.order())));
        released.put(machine.name(), order);
    }

    @Override
    public Answer answer(Client client) {
        var known = machines.find(new MacAddress(client.mac().value()));
        if (known.isEmpty()) {
            machines.stranger(new MacAddress(client.mac().value()), describe(client),
                    "unknown machine " + client.mac() + " (" + describe(client)
                            + ") asked to boot; it is not in the definition and was answered nothing");
            return new Answer.Ignore("not in the definition of cluster " + machines.cluster().name());
        }
        Machine machine = known.get();
        String bootFile = switch (client.agent()) {
            case IPXE -> baseUrl.get() + "/" + MACHINE_PATH + client.mac() + "/boot.ipxe";
            case FIRMWARE_HTTP -> baseUrl.get() + "/" + FILE_PATH + "snponly.efi";
            case FIRMWARE_PXE -> switch (client.firmware()) {
                case BIOS -> "undionly.kpxe";
                case UEFI_X64 -> "snponly.efi";
                default -> null;
            };
            case OPERATING_SYSTEM -> null;
        };
        if (bootFile == null && client.agent() != Agent.OPERATING_SYSTEM) {
            return new Answer.Ignore(machine.name() + " has firmware " + client.firmware().title()
                    + ", for which there is no boot program; x86 BIOS and 64-bit x86 UEFI are supported");
        }
        return new Answer.Lease(machine.address(), machine.name(), bootFile);
    }

    @Override
    public boolean isReserved(InetAddress address) {
        return reserved.containsKey(address);
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        String path = fetch.path();
        if (path.startsWith(FILE_PATH)) {
            return Optional.ofNullable(payload.files().get(path.substring(FILE_PATH.length())));
        }
        if (fetch.protocol() == Protocol.TFTP) {
            // iPXE looks for autoexec.ipxe before it asks by DHCP; firmware asks for the loader at the root
            return path.equals("autoexec.ipxe")
                    ? Optional.of(BootFile.text(autoexec()))
                    : Optional.ofNullable(payload.files().get(path));
        }
        return machinePath(path, fetch.mac(), fetch.remote()).flatMap(about -> switch (about.what()) {
            case "boot.ipxe" -> fetch.head() ? Optional.empty() : Optional.of(BootFile.text(script(about.machine())));
            case "order" -> stage(about.machine(), fetch.token()).map(this::order).map(BootFile::text);
            case "config" -> fetch.head() ? Optional.empty() : config(about.machine(), fetch.token());
            default -> about.what().startsWith("part/")
                    ? stage(about.machine(), fetch.token()).flatMap(machine -> part(machine, about.what().substring(5)))
                    : Optional.empty();
        });
    }

    @Override
    public Reply post(Post post) {
        var about = machinePath(post.path(), post.mac(), post.remote());
        if (about.isEmpty()) {
            return refuse(post.path(), post.mac(), "the address is not leased to that machine");
        }
        Machine machine = about.get().machine();
        boolean stage = stage(machine, post.token()).isPresent();
        if (!stage && !system(machine, post.token())) {
            return refuse(post.path(), post.mac(), "the token is not that machine's, or a newer boot has made it void");
        }
        return switch (about.get().what()) {
            case "inventory" -> inventory(machine, post.body());
            case "progress" -> progress(machine, Lines.parse(post.body()));
            case "kubeconfig" -> {
                if (stage || !machine.equals(machines.cluster().primer())) {
                    yield refuse(post.path(), post.mac(), "only the installed primer sends a kubeconfig");
                }
                kubeconfig.accept(machine, post.body());
                yield new Reply(200, "");
            }
            default -> new Reply(404, "no such thing: " + about.get().what() + "\n");
        };
    }

    private record About(Machine machine, String what) {}

    /**
     * A path below a machine, asked for from the address that this machine holds: by a lease, or, where it renews none
     * (the installed system has its address from its seed), by the definition's reservation.
     */
    private Optional<About> machinePath(String path, dev.kindling.pxe.@Nullable MacAddress asker, InetAddress remote) {
        Optional<Machine> machine = asker == null
                ? Optional.ofNullable(reserved.get(remote))
                : machines.find(new MacAddress(asker.value()));
        return machine.filter(found -> path.startsWith(MACHINE_PATH + found.mac() + "/"))
                .map(found -> new About(found, path.substring((MACHINE_PATH + found.mac() + "/").length())));
    }

    private Reply refuse(String path, dev.kindling.pxe.@Nullable MacAddress mac, String reason) {
        if (mac != null) {
            machines.find(new MacAddress(mac.value())).ifPresent(machine -> machines
                    .observe(machine.name(), machines.now(machine.name()).stage(), -1,
                            "refused " + path + ": " + reason));
        }
        return new Reply(403, reason + "\n");
    }

    private Optional<Machine> stage(Machine machine, @Nullable String token) {
        int boot = machines.now(machine.name()).boots();
        return BootTokens.same(token, tokens.stage(machine.name(), boot)) ? Optional.of(machine) : Optional.empty();
    }

    private boolean system(Machine machine, @Nullable String token) {
        Event.DiskWriteOrdered order = machines.now(machine.name()).order();
        return order != null && BootTokens.same(token, tokens.system(machine.name(), order.order()));
    }

    private String autoexec() {
        return "#!ipxe\ndhcp || exit 1\nchain " + baseUrl.get() + "/" + MACHINE_PATH + "${net0/mac}/boot.ipxe\n";
    }

    private String script(Machine machine) {
        if (machines.now(machine.name()).installed()) {
            machines.nextBoot(machine.name(), machine.name() + " was told to boot from its disk");
            machines.observe(machine.name(), BootStage.DISK_BOOT, -1, "told to boot from disk " + machine.disk());
            return BootScripts.fromDisk(machine, baseUrl.get());
        }
        int boot = machines.nextBoot(machine.name(), machine.name() + " fetched its boot script");
        return BootScripts.stage(machine, machines.cluster().provisioningNetwork().vlan(), baseUrl.get(),
                tokens.stage(machine.name(), boot),
                (payload.stageArguments() + " " + machines.cluster().boot(machine).kernelArguments()).strip());
    }

    private String order(Machine machine) {
        Machines.Snapshot now = machines.now(machine.name());
        if (now.installed()) {
            return "action=boot-disk\n";
        }
        Event.DiskWriteOrdered order = released.get(machine.name());
        if (order == null || !order.equals(now.order())) {
            return "action=wait\nretry=1\n";
        }
        // The journal takes this only from the owner of the cluster's lock: an engine that was paused, and whose
        // cluster
        // another one has taken over, gives no order out any more.
        machines.record(machine.name(),
                new Event.Noted(machine.name(), false, machine.name() + " is given the order " + order.order()));
        var text = new StringBuilder("action=install\norder=" + order.order() + "\nmachine=" + machine.name() + "\n");
        if (machine.disk().serial() != null) {
            text.append("disk.serial=").append(machine.disk().serial()).append('\n');
        } else {
            text.append("disk.wwn=").append(machine.disk().wwn()).append('\n');
        }
        text.append("disk.bytes=").append(order.disk().bytes()).append('\n');
        text.append("marker.offset=").append(payload.markerOffset()).append('\n');
        int number = 0;
        for (Payload.Piece piece : pieces.getOrDefault(machine.name(), List.of())) {
            String at = "write." + number++;
            text.append(at).append(".url=").append(baseUrl.get()).append('/')
                    .append(piece.shared()
                            ? FILE_PATH
                            : MACHINE_PATH
                                    + machine.mac() + "/part/")
                    .append(piece.name()).append('\n');
            text.append(at).append(".offset=").append(piece.offset()).append('\n');
            text.append(at).append(".bytes=").append(piece.bytes()).append('\n');
            text.append(at).append(".sha256=").append(piece.sha256()).append('\n');
        }
        return text.toString();
    }

    private Optional<BootFile> part(Machine machine, String name) {
        Event.DiskWriteOrdered order = released.get(machine.name());
        if (order == null || machines.now(machine.name()).installed()) {
            return Optional.empty();
        }
        return pieces.getOrDefault(machine.name(), List.of()).stream()
                .filter(piece -> !piece.shared() && piece.name().equals(name)).findFirst().map(Payload.Piece::content);
    }

    private Optional<BootFile> config(Machine machine, @Nullable String token) {
        if (!system(machine, token)) {
            refuse("config", new dev.kindling.pxe.MacAddress(machine.mac().value()), "the token is not that machine's");
            return Optional.empty();
        }
        Optional<String> config = installConfig.apply(machine);
        if (config.isEmpty()) {
            return Optional.of(BootFile.text("action=wait\nretry=1\n"));
        }
        if (!machines.takeConfig(machine.name())) {
            refuse("config", new dev.kindling.pxe.MacAddress(machine.mac().value()),
                    "the install config is given out once per boot");
            return Optional.empty();
        }
        return config.map(BootFile::text);
    }

    private Reply inventory(Machine machine, String body) {
        Inventory inventory = Inventory.parse(body);
        Hardware hardware = inventory.hardware();
        machines.record(machine.name(), new Event.InventoryReceived(machine.name(), hardware,
                machine.name() + " has " + hardware.processors() + ", " + hardware.memoryMib() + " MiB, "
                        + hardware.disks().size() + " disks, " + hardware.firmware() + " firmware"));
        // A disk that carries the mark of its order was written before its report reached us, for example because the
        // engine was killed in between: it must not be written again.
        Event.DiskWriteOrdered order = machines.now(machine.name()).order();
        if (order != null && !machines.now(machine.name()).written() && inventory.markers().contains(order.order())) {
            machines.record(machine.name(), new Event.DiskWritten(machine.name(), order.order(),
                    machine.name() + "'s disk carries the mark of order " + order.order() + ": it was written before"));
        }
        return new Reply(200, "");
    }

    private Reply progress(Machine machine, Map<String, String> report) {
        String text = report.getOrDefault("text", "");
        if (text.isBlank()) {
            text = machine.name() + " reports: " + report.getOrDefault("stage", "nothing");
        }
        double fraction = Lines.number(report.get("fraction"), -1);
        switch (report.getOrDefault("stage", "")) {
            case "installer" -> machines.observe(machine.name(), BootStage.INSTALLER, fraction, text);
            case "writing" -> machines.observe(machine.name(), BootStage.WRITING, fraction, text);
            case "written" -> {
                Event.DiskWriteOrdered order = machines.now(machine.name()).order();
                if (order == null || !order.order().equals(report.get("order"))) {
                    return new Reply(409, "that is not the order of this machine\n");
                }
                if (!machines.now(machine.name()).written()) {
                    machines.record(machine.name(), new Event.DiskWritten(machine.name(), order.order(),
                            machine.name() + " wrote its disk, " + order.disk().selector()));
                }
            }
            case "system" -> machines.observe(machine.name(), BootStage.SYSTEM, fraction, text);
            case "joining" -> machines.observe(machine.name(), BootStage.JOINING, fraction, text);
            case "ready" -> machines.observe(machine.name(), BootStage.READY, fraction, text);
            case "failed" -> machines.record(machine.name(),
                    new Event.Noted(machine.name(), true, machine.name() + " reports: " + text));
            default -> {
                return new Reply(400, "stage is missing or unknown\n");
            }
        }
        return new Reply(200, "");
    }

    private static String describe(Client client) {
        return switch (client.agent()) {
            case FIRMWARE_PXE -> client.firmware().title() + " network boot";
            case FIRMWARE_HTTP -> client.firmware().title() + " HTTP boot";
            case IPXE -> "iPXE on " + client.firmware().title();
            case OPERATING_SYSTEM -> "operating system";
        };
    }
}
