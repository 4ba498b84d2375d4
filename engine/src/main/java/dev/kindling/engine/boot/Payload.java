package dev.kindling.engine.boot;

import dev.kindling.engine.model.Machine;
import dev.kindling.pxe.BootFile;
import java.util.List;
import java.util.Map;

/** What machines boot and what is written to their disks: real for real firmware, small for simulated machines. */
public interface Payload {
    /** Files without secrets, by name: boot programs (served by TFTP too), {@code vmlinuz}, {@code stage.img}, ... */
    Map<String, BootFile> files();

    /** Kernel arguments of the stage besides those of the protocol, such as a console. */
    String stageArguments();

    /** The pieces of a machine's disk, in the order in which they are written. */
    List<Piece> pieces(Machine machine, long diskBytes, Seed seed);

    /** Where the stage puts its marker sector, in bytes. */
    long markerOffset();

    /**
     * What only the installed system of one machine may know.
     *
     * @param url base URL of the boot service
     * @param token bearer token of the installed system
     */
    record Seed(String url, String token, String order) {
        @Override
        public String toString() {
            return "Seed[url=" + url + ", token=***, order=" + order + "]";
        }
    }

    /**
     * A piece of a disk.
     *
     * @param name of a shared file in {@link #files}, or of a per-machine part
     * @param shared whether it is one of {@link #files}
     * @param offset bytes from the start of the disk
     */
    record Piece(String name, boolean shared, long offset, BootFile content, long bytes, String sha256) {}
}
