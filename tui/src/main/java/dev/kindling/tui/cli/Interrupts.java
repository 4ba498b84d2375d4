package dev.kindling.tui.cli;

import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;

/** Ctrl-C. */
public interface Interrupts {
    /**
     * Calls {@code handler} at the first Ctrl-C instead of ending the process. A second one quits at once.
     *
     * @return to be closed when the process shall end at Ctrl-C again
     */
    Registration on(Runnable handler);

    /** Ends when closed. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    /** SIGINT of this process. */
    static Interrupts ofProcess() {
        return handler -> {
            AtomicInteger count = new AtomicInteger();
            Object previous = handle(() -> {
                if (count.incrementAndGet() == 1) {
                    handler.run();
                } else {
                    Runtime.getRuntime().halt(ExitCode.CANCELLED);
                }
            });
            return () -> restore(previous);
        };
    }

    // The only access to signals that the JDK has is sun.misc.Signal (module jdk.unsupported). It is used reflectively,
    // because javac's warning about it cannot be switched off and warnings are errors here.
    @SuppressWarnings("ReferenceEquality") // that is what equals of a proxy means
    private static Object handle(Runnable action) {
        try {
            Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(handlerType.getClassLoader(), new Class<?>[]{handlerType},
                    (self, method, arguments) -> switch (method.getName()) {
                        case "handle" -> {
                            Thread.ofVirtual().name("ctrl-c").start(action);
                            yield null;
                        }
                        case "hashCode" -> System.identityHashCode(self);
                        case "equals" -> arguments != null && self == arguments[0];
                        default -> "Ctrl-C";
                    });
            return install(proxy);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Java runtime has no module jdk.unsupported", e);
        }
    }

    private static void restore(Object handler) {
        try {
            install(handler);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object install(Object handler) throws ReflectiveOperationException {
        Class<?> signalType = Class.forName("sun.misc.Signal");
        Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
        Object signal = signalType.getConstructor(String.class).newInstance("INT");
        return signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
    }
}
