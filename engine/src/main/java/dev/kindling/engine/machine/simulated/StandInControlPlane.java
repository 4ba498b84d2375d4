package dev.kindling.engine.machine.simulated;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** The stand-in of docs/machine-protocol.md on a simulated primer. It is no Kubernetes. */
final class StandInControlPlane implements AutoCloseable {
    private final HttpServer server;
    private final Map<String, String> nodes = new ConcurrentSkipListMap<>();

    StandInControlPlane(InetAddress address, int port, String version, String apiToken, String clusterToken)
            throws IOException {
        server = HttpServer.create(new InetSocketAddress(address, port), 256);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/readyz", exchange -> answer(exchange, apiToken, "ok"));
        server.createContext("/version", exchange -> answer(exchange, apiToken,
                "{\"major\":\"1\",\"minor\":\"0\",\"gitVersion\":\"" + version
                        + "-stand-in\",\"platform\":\"simulated\"}"));
        server.createContext("/api/v1/nodes", exchange -> answer(exchange, apiToken, nodeList()));
        server.createContext("/stand-in/join", exchange -> {
            String body = new String(exchange.getRequestBody().readNBytes(4096), StandardCharsets.UTF_8);
            var lines = dev.kindling.engine.boot.Lines.parse(body);
            if (authorised(exchange, clusterToken)) {
                nodes.put(lines.getOrDefault("name", ""), lines.getOrDefault("ip", ""));
            }
            answer(exchange, clusterToken, "");
        });
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    void join(String name, String address) {
        nodes.put(name, address);
    }

    private String nodeList() {
        return nodes.entrySet().stream().map(node -> """
                {"metadata":{"name":"%s"},"status":{"addresses":[{"type":"InternalIP","address":"%s"}],\
                "conditions":[{"type":"Ready","status":"True","reason":"StandIn"}]}}""".formatted(node.getKey(),
                node.getValue())).collect(Collectors.joining(",",
                        "{\"kind\":\"NodeList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[", "]}"));
    }

    private static boolean authorised(HttpExchange exchange, String token) {
        return ("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"));
    }

    private static void answer(HttpExchange exchange, String token, String body) throws IOException {
        try (exchange) {
            boolean known = authorised(exchange, token);
            byte[] bytes = (known ? body : "unauthorized").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", body.startsWith("{") ? "application/json" : "text/plain");
            exchange.sendResponseHeaders(known ? 200 : 401, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) {
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
