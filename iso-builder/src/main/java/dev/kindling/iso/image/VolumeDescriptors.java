package dev.kindling.iso.image;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16BE;

import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.time.Instant;

/** The descriptors at sector 16 and behind it (ECMA-119, section 8; Joliet Specification, 1995). */
final class VolumeDescriptors {
    /** The sector of the first one. */
    static final int FIRST = 16;
    private static final int BLOCK = IsoBytes.SECTOR;

    private VolumeDescriptors() {}

    /** The last of them (8.3). */
    static byte[] terminator() {
        ByteBuffer out = IsoBytes.buffer(IsoBytes.SECTOR);
        out.put((byte) 0xFF).put("CD001".getBytes(US_ASCII)).put((byte) 1);
        return IsoBytes.bytes(out);
    }

    /**
     * Primary (8.4) or Joliet (8.5).
     *
     * @param sectors of the whole image
     * @param littleTable first sector of the path table of that order of bytes
     */
    static byte[] volume(boolean joliet, String label, long sectors, VolumeTree tree, long littleTable, long bigTable,
            Instant time) {
        Charset charset = joliet ? UTF_16BE : US_ASCII;
        ByteBuffer out = IsoBytes.buffer(IsoBytes.SECTOR);
        out.put((byte) (joliet ? 2 : 1)).put("CD001".getBytes(US_ASCII)).put((byte) 1).put((byte) 0);
        IsoBytes.text(out, joliet ? "" : "LINUX", 32, charset);
        IsoBytes.text(out, label, 32, charset);
        out.putLong(0);
        IsoBytes.both32(out, sectors);
        byte[] escapes = new byte[32];
        if (joliet) {
            // UCS-2 level 3
            System.arraycopy(new byte[]{'%', '/', 'E'}, 0, escapes, 0, 3);
        }
        out.put(escapes);
        IsoBytes.both16(out, 1);
        IsoBytes.both16(out, 1);
        IsoBytes.both16(out, BLOCK);
        IsoBytes.both32(out, tree.pathTableBytes());
        out.putInt((int) littleTable).putInt(0).putInt(Integer.reverseBytes((int) bigTable)).putInt(0);
        out.put(tree.rootRecord());
        IsoBytes.text(out, "", 128, charset);
        IsoBytes.text(out, "", 128, charset);
        IsoBytes.text(out, "", 128, charset);
        IsoBytes.text(out, "KINDLING", 128, charset);
        IsoBytes.text(out, "", 37, charset);
        IsoBytes.text(out, "", 37, charset);
        IsoBytes.text(out, "", 37, charset);
        IsoBytes.longTime(out, time);
        IsoBytes.longTime(out, time);
        IsoBytes.noTime(out);
        IsoBytes.noTime(out);
        out.put((byte) 1);
        return IsoBytes.bytes(out);
    }
}
