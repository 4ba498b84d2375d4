package dev.kindling.engine.http;

import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;

/** A token in a file that only its owner can read. */
final class TokenFile {
    /** In the workspace. */
    static final String NAME = "api-token";

    private TokenFile() {}

    /** The token of the file, which is made where there is none. */
    static String readOrMake(Path file) {
        try {
            if (!Files.exists(file) || Files.size(file) == 0) {
                Path directory = file.toAbsolutePath().getParent();
                Path aside = Files.createTempFile(directory, "." + file.getFileName(), ".new",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                Files.writeString(aside, AccessTokens.fresh() + "\n");
                Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the token file " + file, e);
        }
        return read(file);
    }

    static String read(Path file) {
        try {
            if (Files.getPosixFilePermissions(file).stream()
                    .anyMatch(permission -> !permission.name().startsWith("OWNER_"))) {
                throw new ConnectionFailed(Problem.error("token-file-open", file.toString(),
                        "others may read the token file " + file, "a file for its owner only",
                        "chmod 600 " + file + ", and make a new token if somebody may have seen it"));
            }
            String token = Files.readString(file).strip();
            if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
                throw new ConnectionFailed(Problem.error("token-file-bad", file.toString(),
                        "the file " + file + " holds no token", "one line with a token", "kindling token create"));
            }
            return token;
        } catch (NoSuchFileException e) {
            throw new ConnectionFailed(Problem.error("token-file-missing", file.toString(),
                    "there is no token file " + file, "a file with a token",
                    "kindling serve says where it keeps one; kindling token create makes others;"
                            + " --token-file FILE or KINDLING_TOKEN_FILE names it"));
        } catch (IOException e) {
            throw new ConnectionFailed(Problem.error("token-file-unreadable", file.toString(),
                    "cannot read the token file " + file + ": " + e.getMessage(), "", "look at its permissions"));
        }
    }
}
