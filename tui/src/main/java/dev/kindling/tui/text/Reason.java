package dev.kindling.tui.text;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why reading or writing failed, in words: half of Java's exceptions say the name of the file and nothing else. */
public final class Reason {
    private Reason() {}

    /** With the name of the file: {@code /srv/a: permission denied}. */
    public static String of(IOException e) {
        return e instanceof FileSystemException file && file.getFile() != null
                ? file.getFile() + ": " + withoutFile(e)
                : withoutFile(e);
    }

    /** For a sentence that names the file already: {@code permission denied}. */
    public static String withoutFile(IOException e) {
        if (e instanceof FileSystemException file && file.getReason() != null) {
            return file.getReason();
        }
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file or directory";
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "it exists already, and is no directory";
            case NotDirectoryException _ -> "it is no directory";
            case CharacterCodingException _ -> "it is no text in UTF-8";
            default -> {
                String message = e.getMessage();
                yield message == null ? e.getClass().getSimpleName() : message;
            }
        };
    }
}
