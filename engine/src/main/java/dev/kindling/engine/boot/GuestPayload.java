package dev.kindling.engine.boot;

import dev.kindling.engine.boot.DiskLayout.MachineSeed;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.pxe.BootFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What real firmware boots: Debian's kernel with the stage, and the system that is written to the disk. */
public final class GuestPayload implements Payload {
    private final Network network;
    private final DiskLayout layout;
    private final Map<String, BootFile> files;

    private GuestPayload(Network network, DiskLayout layout, Map<String, BootFile> files) {
        this.network = network;
        this.layout = layout;
        this.files = files;
    }

    /**
     * Builds whatever the cache does not hold yet; takes seconds the first time.
     *
     * @param more further shared files by name, such as {@code k3s}
     */
    public static GuestPayload build(BootAssets assets, Cluster cluster, Map<String, Path> more)
            throws IOException {
        StageImage stage = StageImage.build(assets);
        SystemImage system = SystemImage.build(assets);
        Map<String, BootFile> files = new HashMap<>();
        more.forEach((name, file) -> files.put(name, BootFile.file(file)));
        files.put("undionly.kpxe", BootFile.file(assets.undionly()));
        files.put("snponly.efi", BootFile.file(assets.snponly()));
        files.put("ipxe.efi", BootFile.file(assets.ipxeEfi()));
        files.put("localboot.efi", BootFile.file(assets.localBootEfi()));
        files.put("vmlinuz", BootFile.file(assets.kernel()));
        files.put(StageImage.FILE_NAME, BootFile.file(stage.file()));
        files.put(SystemImage.FILE_NAME, BootFile.file(system.file()));
        return new GuestPayload(cluster.provisioningNetwork(), new DiskLayout(system), Map.copyOf(files));
    }

    @Override
    public Map<String, BootFile> files() {
        return files;
    }

    /** Both, so that machines without a screen and machines without a serial port can be watched. */
    @Override
    public String stageArguments() {
        return "console=tty0 console=ttyS0,115200";
    }

    @Override
    public List<Piece> pieces(Machine machine, long diskBytes, Seed seed) {
        return layout.pieces(new MachineSeed(machine.name(), machine.mac(), seed.url(), seed.token(), seed.order(),
                machine.address(), network.cidr().prefixLength(), network.gateway(), network.dns(), network.domain()),
                diskBytes);
    }

    @Override
    public long markerOffset() {
        return DiskLayout.MARKER_OFFSET;
    }
}
