package dev.kindling.tui.terminal;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** What the kernel knows of our terminal. */
public final class Tty {
    /** ioctl_tty(2) on Linux: fills a struct winsize of four unsigned shorts, rows and columns first. */
    private static final long TIOCGWINSZ = 0x5413;

    private Tty() {}

    /** Size of a terminal in characters. */
    public record Size(int columns, int rows) {}

    /** Columns of the terminal on standard output; 80 where it does not say. */
    public static int columns() {
        int columns = ask(1).columns();
        return columns > 0 ? columns : 80;
    }

    /** The size by standard output, error, or input, whichever is a terminal; 80x24 where none says. */
    public static Size size() {
        for (int descriptor : new int[]{1, 2, 0}) {
            Size size = ask(descriptor);
            if (size.columns() > 0 && size.rows() > 0) {
                return size;
            }
        }
        return new Size(80, 24);
    }

    private static Size ask(int descriptor) {
        Linker linker = Linker.nativeLinker();
        MethodHandle ioctl = linker.downcallHandle(linker.defaultLookup().findOrThrow("ioctl"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                        ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(2));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment window = arena.allocate(8);
            int result = (int) ioctl.invokeExact(descriptor, TIOCGWINSZ, window);
            return result == 0
                    ? new Size(Short.toUnsignedInt(window.get(ValueLayout.JAVA_SHORT, 2)),
                            Short.toUnsignedInt(window.get(ValueLayout.JAVA_SHORT, 0)))
                    : new Size(-1, -1);
        } catch (Throwable e) {
            // the C library of every Linux has ioctl; anything else is a bug
            throw new IllegalStateException("ioctl", e);
        }
    }
}
