package dev.kindling.pxe.tftp;

import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a request to the octets, or to the reason why there are none. May wait for a disk. */
record Lookup(BootSource source, OpenFiles files) {
    private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);

    /** What came of it, for the file of that name. */
    sealed interface Found {
        /** As asked, tidied up where that was possible. */
        String path();

        /** To be sent, and closed. */
        record Granted(String path, Content content) implements Found {}

        /**
         * Not sent.
         *
         * @param answer for the client
         * @param reason for our own people
         */
        record Denied(String path, TftpPacket.Failure answer, String reason) implements Found {
            Denied(String path, int code, String reason) {
                this(path, new TftpPacket.Failure(code, reason), reason);
            }
        }
    }

    Found find(TftpPacket.Request request, InetAddress client, @Nullable MacAddress mac) {
        String asked = request.file();
        if (request.write()) {
            return new Found.Denied(asked, TftpPacket.Failure.REFUSED, "this server takes no files");
        }
        if (!request.mode().equals("octet") && !request.mode().equals("netascii")) {
            return new Found.Denied(asked, TftpPacket.Failure.ILLEGAL, "unknown transfer mode");
        }
        return switch (RequestedPath.of(asked)) {
            case RequestedPath.Refused refused ->
                new Found.Denied(asked, TftpPacket.Failure.REFUSED, refused.reason());
            case RequestedPath.Clean clean -> open(clean.path(), request.mode().equals("netascii"), client, mac);
        };
    }

    private Found open(String path, boolean netascii, InetAddress client, @Nullable MacAddress mac) {
        try {
            var file = file(path, client, mac);
            return file.isPresent()
                    ? new Found.Granted(path, Content.open(file.get(), netascii, files))
                    : new Found.Denied(path, TftpPacket.Failure.NOT_FOUND, "not found");
        } catch (NoSuchFileException e) {
            return new Found.Denied(path, TftpPacket.Failure.NOT_FOUND, "not found");
        } catch (AccessDeniedException e) {
            return new Found.Denied(path, new TftpPacket.Failure(TftpPacket.Failure.REFUSED, "refused"),
                    String.valueOf(e.getMessage()));
        } catch (IOException e) {
            LOG.warn("TFTP {} cannot be read", path, e);
            return new Found.Denied(path, new TftpPacket.Failure(TftpPacket.Failure.OTHER, "cannot be read"),
                    "cannot be read: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("the boot source failed for TFTP {}", path, e);
            return new Found.Denied(path, TftpPacket.Failure.OTHER, "internal error");
        }
    }

    private Optional<BootFile> file(String path, InetAddress client, @Nullable MacAddress mac) {
        var found = source.open(new BootSource.Fetch(BootSource.Protocol.TFTP, path, client, mac, null, false));
        String lower = path.toLowerCase(Locale.ROOT);
        // firmware that grew up on FAT asks for BOOTX64.EFI
        return found.isPresent() || lower.equals(path)
                ? found
                : source.open(new BootSource.Fetch(BootSource.Protocol.TFTP, lower, client, mac, null, false));
    }
}
