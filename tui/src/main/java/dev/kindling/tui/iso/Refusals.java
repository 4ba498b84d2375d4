package dev.kindling.tui.iso;

import dev.kindling.iso.image.BadImageException;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.Refusal;
import dev.kindling.tui.text.Reason;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** How the image builder's complaints are told. */
final class Refusals {
    /** Work that may fail as work on images does. */
    interface Work {
        void run() throws IOException;
    }

    private Refusals() {}

    /**
     * Does the work of a subcommand.
     *
     * @param command for the remedy: {@code kindling iso build}
     */
    static int run(String command, Work work) {
        try {
            work.run();
            return ExitCode.DONE;
        } catch (IllegalArgumentException e) {
            throw Refusal.badUse(String.valueOf(e.getMessage()), command + " --help");
        } catch (NoSuchFileException e) {
            throw Refusal.failed("there is no " + e.getFile() + (e.getReason() == null ? "" : ": " + e.getReason()),
                    "look at the paths of the command");
        } catch (AccessDeniedException e) {
            throw Refusal.failed(e.getFile() + " must not be read or written by this user",
                    "change its permissions, or run as its owner");
        } catch (BadImageException e) {
            throw Refusal.failed(String.valueOf(e.getMessage()), e.remedy());
        } catch (FileSystemException e) {
            throw Refusal.failed(Reason.of(e), "look at the paths of the command, and at the room on their disks");
        } catch (IOException e) {
            throw Refusal.failed(Reason.of(e), "");
        }
    }
}
