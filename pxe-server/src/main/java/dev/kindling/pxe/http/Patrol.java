package dev.kindling.pxe.http;

import io.netty.channel.ChannelHandlerContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Looks at all connections of one event loop once in a while: a timer for each of them would cost more than they. */
final class Patrol {
    private final Map<Connection, ChannelHandlerContext> connections = new HashMap<>();

    void add(Connection connection, ChannelHandlerContext context) {
        connections.put(connection, context);
    }

    void remove(Connection connection) {
        connections.remove(connection);
    }

    void check() {
        long now = System.nanoTime();
        List.copyOf(connections.entrySet()).forEach(entry -> entry.getKey().check(entry.getValue(), now));
    }
}
