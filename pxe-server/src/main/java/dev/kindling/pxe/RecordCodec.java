package dev.kindling.pxe;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes records and reads them again. What is made from the octets is given by the declared types of the reader alone:
 * records, sealed interfaces of records (by the place in their declaration), enums, lists, and a few values. No name of
 * a class is ever read.
 */
final class RecordCodec {
    private static final int MOST_OCTETS = 16 << 20;

    private RecordCodec() {}

    /** Writes a value, or that there is none. */
    static void write(DataOutput out, Type type, @Nullable Object value) throws IOException {
        out.writeBoolean(value != null);
        if (value == null) {
            return;
        }
        if (type instanceof ParameterizedType list) {
            List<?> all = (List<?>) value;
            out.writeInt(all.size());
            for (Object each : all) {
                write(out, list.getActualTypeArguments()[0], each);
            }
            return;
        }
        Class<?> kind = (Class<?>) type;
        if (kind.isSealed() && kind.isInterface()) {
            List<Class<?>> permitted = Arrays.asList(kind.getPermittedSubclasses());
            out.writeByte(permitted.indexOf(value.getClass()));
            write(out, value.getClass(), value);
        } else if (kind.isRecord()) {
            for (RecordComponent component : kind.getRecordComponents()) {
                component.getAccessor().setAccessible(true);
                write(out, component.getGenericType(), invoke(() -> component.getAccessor().invoke(value)));
            }
        } else {
            writeValue(out, value);
        }
    }

    private static void writeValue(DataOutput out, Object value) throws IOException {
        switch (value) {
            case Enum<?> constant -> octets(out, constant.name().getBytes(StandardCharsets.UTF_8));
            case Integer number -> out.writeInt(number);
            case Long number -> out.writeLong(number);
            case Boolean flag -> out.writeBoolean(flag);
            case String text -> octets(out, text.getBytes(StandardCharsets.UTF_8));
            case byte[] octets -> octets(out, octets);
            case Path path -> octets(out, path.toString().getBytes(StandardCharsets.UTF_8));
            case UUID uuid -> {
                out.writeLong(uuid.getMostSignificantBits());
                out.writeLong(uuid.getLeastSignificantBits());
            }
            case Instant instant -> {
                out.writeLong(instant.getEpochSecond());
                out.writeInt(instant.getNano());
            }
            case Duration duration -> {
                out.writeLong(duration.getSeconds());
                out.writeInt(duration.getNano());
            }
            case InetAddress address -> {
                octets(out, address.getAddress());
                out.writeInt(address instanceof Inet6Address six ? six.getScopeId() : 0);
            }
            default -> throw new IllegalArgumentException("cannot be written: " + value.getClass());
        }
    }

    private static void octets(DataOutput out, byte[] octets) throws IOException {
        out.writeInt(octets.length);
        out.write(octets);
    }

    /** Reads a value that must be there. */
    static <T> T read(DataInput in, Class<T> type) throws IOException {
        Object value = read(in, (Type) type);
        if (value == null) {
            throw new IOException("a " + type.getSimpleName() + " is missing");
        }
        return type.cast(value);
    }

    private static @Nullable Object read(DataInput in, Type type) throws IOException {
        if (!in.readBoolean()) {
            return null;
        }
        if (type instanceof ParameterizedType list) {
            int size = in.readInt();
            var all = new ArrayList<@Nullable Object>();
            for (int i = 0; i < size; i++) {
                all.add(read(in, list.getActualTypeArguments()[0]));
            }
            return Collections.unmodifiableList(all);
        }
        Class<?> kind = (Class<?>) type;
        if (kind.isSealed() && kind.isInterface()) {
            return read(in, (Type) pick(kind.getPermittedSubclasses(), in.readByte()));
        }
        if (kind.isRecord()) {
            return record(in, kind);
        }
        return kind.isEnum() ? constant(kind, (String) readValue(in, String.class)) : readValue(in, kind);
    }

    private static Object constant(Class<?> kind, String name) throws IOException {
        for (Object each : kind.getEnumConstants()) {
            if (((Enum<?>) each).name().equals(name)) {
                return each;
            }
        }
        throw new IOException("there is no " + kind.getSimpleName() + " " + name);
    }

    private static Object record(DataInput in, Class<?> kind) throws IOException {
        RecordComponent[] components = kind.getRecordComponents();
        var values = new @Nullable Object[components.length];
        var types = new Class<?>[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = read(in, components[i].getGenericType());
        }
        Object made = invoke(() -> {
            Constructor<?> constructor = kind.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        });
        if (made == null) {
            throw new IOException("no " + kind.getSimpleName());
        }
        return made;
    }

    private static Object readValue(DataInput in, Class<?> kind) throws IOException {
        if (kind == int.class || kind == Integer.class) {
            return in.readInt();
        } else if (kind == long.class || kind == Long.class) {
            return in.readLong();
        } else if (kind == boolean.class) {
            return in.readBoolean();
        } else if (kind == String.class) {
            return text(in);
        } else if (kind == byte[].class) {
            return octets(in);
        } else if (kind == Path.class) {
            return Path.of(text(in));
        } else if (kind == UUID.class) {
            return new UUID(in.readLong(), in.readLong());
        } else if (kind == Instant.class) {
            return Instant.ofEpochSecond(in.readLong(), in.readInt());
        } else if (kind == Duration.class) {
            return Duration.ofSeconds(in.readLong(), in.readInt());
        } else if (kind == InetAddress.class) {
            byte[] address = octets(in);
            int scope = in.readInt();
            return address.length == 16 && scope != 0
                    ? Inet6Address.getByAddress(null, address, scope)
                    : InetAddress.getByAddress(address);
        }
        throw new IOException("cannot be read: " + kind);
    }

    private static <T> T pick(T[] all, int index) throws IOException {
        if (index < 0 || index >= all.length) {
            throw new IOException("there is no " + all.getClass().getComponentType().getSimpleName() + " " + index);
        }
        return all[index];
    }

    private static String text(DataInput in) throws IOException {
        return new String(octets(in), StandardCharsets.UTF_8);
    }

    private static byte[] octets(DataInput in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > MOST_OCTETS) {
            throw new IOException("a value of " + length + " octets");
        }
        byte[] octets = new byte[length];
        in.readFully(octets);
        return octets;
    }

    private interface Reflective {
        @Nullable
        Object call() throws ReflectiveOperationException;
    }

    private static @Nullable Object invoke(Reflective call) throws IOException {
        try {
            return call.call();
        } catch (InvocationTargetException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
