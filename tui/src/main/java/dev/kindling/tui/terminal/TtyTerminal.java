package dev.kindling.tui.terminal;

import com.googlecode.lanterna.TerminalSize;
import com.googlecode.lanterna.terminal.ansi.UnixTerminal;
import java.io.IOException;
import java.nio.charset.Charset;

/**
 * The terminal of this process. Lanterna asks a terminal for its size by an escape sequence and waits up to five
 * seconds for an answer, at each start and each change; the kernel knows it already.
 */
final class TtyTerminal extends UnixTerminal {
    TtyTerminal(Charset charset) throws IOException {
        super(System.in, System.out, charset, CtrlCBehaviour.TRAP);
    }

    @Override
    protected TerminalSize findTerminalSize() {
        Tty.Size size = Tty.size();
        return new TerminalSize(size.columns(), size.rows());
    }
}
