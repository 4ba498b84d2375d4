package dev.kindling.tui.cli;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/**
 * Signals of this process.
 *
 * <p>
 * The only access that the JDK has is sun.misc.Signal (module jdk.unsupported). It is used reflectively, because
 * javac's warning about it cannot be switched off and warnings are errors here.
 */
public final class Signals {
    private Signals() {}

    /**
     * Calls {@code action}, each time in a thread of its own, when one of the signals arrives.
     *
     * @param names such as {@code TERM}
     * @return to be closed when the signals shall do again what they did before
     */
    public static Interrupts.Registration on(List<String> names, Runnable action) {
        try {
            var previous = new ArrayList<Object>();
            for (String name : names) {
                previous.add(install(name, handler(name, action)));
            }
            return () -> restore(names, previous);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Java runtime has no module jdk.unsupported", e);
        }
    }

    @SuppressWarnings("ReferenceEquality") // that is what equals of a proxy means
    private static Object handler(String name, Runnable action) throws ReflectiveOperationException {
        Class<?> type = Class.forName("sun.misc.SignalHandler");
        return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[]{type},
                (self, method, arguments) -> switch (method.getName()) {
                    case "handle" -> {
                        Thread.ofVirtual().name("signal-" + name).start(action);
                        yield null;
                    }
                    case "hashCode" -> System.identityHashCode(self);
                    case "equals" -> arguments != null && self == arguments[0];
                    default -> name;
                });
    }

    private static void restore(List<String> names, List<Object> handlers) {
        try {
            for (int i = 0; i < names.size(); i++) {
                install(names.get(i), handlers.get(i));
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object install(String name, Object handler) throws ReflectiveOperationException {
        Class<?> signalType = Class.forName("sun.misc.Signal");
        Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
        Object signal = signalType.getConstructor(String.class).newInstance(name);
        return signalType.getMethod("handle", signalType, handlerType).invoke(null, signal, handler);
    }
}
