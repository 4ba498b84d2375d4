package dev.kindling.tui.cli;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.text.EventText;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling events}. */
@Command(name = "events", description = "What happened, oldest first.")
final class EventsCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "CLUSTER", description = "of the workspace; not needed where there is one")
    @Nullable
    String cluster;

    @Option(names = {"-f", "--follow"}, description = "wait for more, from whichever process they come, until Ctrl-C")
    boolean follow;

    @Option(names = "--after", paramLabel = "SEQ", defaultValue = "0", description = "only events with a higher number")
    long after;

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            String name = cli.cluster(kindling, cluster).name();
            if (!follow) {
                kindling.history(name, after).forEach(recorded -> print(cli, recorded));
                return ExitCode.DONE;
            }
            CountDownLatch ended = new CountDownLatch(1);
            AtomicBoolean unheard = new AtomicBoolean();
            try (Interrupts.Registration _ = cli.world().interrupts().on(ended::countDown);
                    Kindling.Subscription _ = kindling.events(name, after, recorded -> {
                        print(cli, recorded);
                        if (cli.world().out().checkError()) {
                            // nobody reads any more, as behind | head
                            unheard.set(true);
                            ended.countDown();
                        }
                    })) {
                ended.await();
            }
            return unheard.get() ? ExitCode.DONE : ExitCode.CANCELLED;
        }
    }

    private static void print(Cli cli, Event.Recorded recorded) {
        cli.json(recorded);
        cli.say(String.format(java.util.Locale.ROOT, "%5d ", recorded.seq()) + EventText.line(recorded, cli.ansi())
                + "\n");
    }
}
