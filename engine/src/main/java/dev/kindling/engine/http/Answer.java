package dev.kindling.engine.http;

import java.util.Map;

/** What a request gets. */
sealed interface Answer {
    /** A body of a known length. */
    record Whole(int status, String type, String body, Map<String, String> headers) implements Answer {
        public Whole {
            headers = Map.copyOf(headers);
        }
    }

    /** A file that is gone afterwards. */
    record File(String type, Scratch scratch) implements Answer {}

    /** A record as JSON. */
    record Json(int status, Object body, Map<String, String> headers) implements Answer {
        public Json {
            headers = Map.copyOf(headers);
        }
    }

    /** Server-sent events, until the client or the server has had enough. */
    record Stream(Writer writer) implements Answer {}

    /** Writes a stream; returns when it is at its end. */
    interface Writer {
        void write(Sink sink) throws InterruptedException;
    }

    /** Where a stream goes. Blocks while the client is slow. */
    interface Sink {
        /** Writes text; nothing where the client has gone. */
        void send(String text) throws InterruptedException;

        /** Waits; returns early, with true, when the client has gone or the server stops. */
        boolean closedWithin(java.time.Duration patience) throws InterruptedException;
    }

    static Answer ok(Object body) {
        return new Json(200, body, Map.of());
    }
}
