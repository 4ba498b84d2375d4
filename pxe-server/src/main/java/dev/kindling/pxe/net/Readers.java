package dev.kindling.pxe.net;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Threads that read sockets, which are closed behind them: never under a reader. */
final class Readers {
    private final List<Thread> threads = new ArrayList<>();

    void start(String name, Runnable reader) {
        threads.add(Thread.ofPlatform().daemon().name(name).start(reader));
    }

    /**
     * Waits for the threads, which have been told to end, and closes the sockets. An interrupt leaves the sockets open
     * until the process ends.
     */
    void end(List<? extends Closeable> sockets) throws IOException {
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        for (Closeable socket : sockets) {
            socket.close();
        }
    }
}
