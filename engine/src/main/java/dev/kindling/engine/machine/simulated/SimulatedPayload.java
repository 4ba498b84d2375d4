package dev.kindling.engine.machine.simulated;

import dev.kindling.engine.boot.Payload;
import dev.kindling.engine.model.Machine;
import dev.kindling.pxe.BootFile;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Small files without meaning in place of the real ones: simulated machines fetch and check them, and run nothing. */
final class SimulatedPayload implements Payload {
    private final byte[] system = noise(3, 256 << 10);
    private final Map<String, BootFile> files = Map.of("undionly.kpxe", file(noise(1, 64 << 10)), "snponly.efi",
            file(noise(2, 96 << 10)), "localboot.efi", file(noise(4, 64 << 10)), "vmlinuz", file(noise(5, 256 << 10)),
            "stage.img", file(noise(6, 256 << 10)), "system.img", file(system));

    @Override
    public Map<String, BootFile> files() {
        return files;
    }

    @Override
    public String stageArguments() {
        return "";
    }

    @Override
    public List<Piece> pieces(Machine machine, long diskBytes, Seed seed) {
        byte[] secret = ("KINDLING_URL=" + seed.url() + "\nKINDLING_MAC=" + machine.mac() + "\nKINDLING_TOKEN="
                + seed.token() + "\n").getBytes(StandardCharsets.UTF_8);
        return List.of(piece("system.img", true, 1 << 20, system), piece("seed", false, 2 << 20, secret),
                piece("gpt-tail", false, diskBytes - 33 * 512, new byte[33 * 512]),
                piece("gpt-head", false, 0, new byte[34 * 512]));
    }

    @Override
    public long markerOffset() {
        return 40 * 512;
    }

    private static Piece piece(String name, boolean shared, long offset, byte[] content) {
        return new Piece(name, shared, offset, file(content), content.length, sha256(content));
    }

    static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    private static BootFile file(byte[] content) {
        return new BootFile.Bytes(content, "application/octet-stream");
    }

    private static byte[] noise(long seed, int bytes) {
        byte[] noise = new byte[bytes];
        new SplittableRandom(seed).nextBytes(noise);
        return noise;
    }
}
