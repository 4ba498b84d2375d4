package dev.kindling.tui.screen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.tui.FakeKindling;
import dev.kindling.tui.FakePrimer;
import dev.kindling.tui.MutableClock;
import dev.kindling.tui.Racks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Effects whose threads do not come in the order that they were wanted in. */
class PerformerTest {
    private final FakeKindling kindling = new FakeKindling(Path.of("/ws"), new MutableClock(Racks.START));
    private final List<Runnable> threads = new ArrayList<>();
    private final List<Message> news = new ArrayList<>();
    private final Performer performer = new Performer(kindling, new FakePrimer(false), Path.of("/"), threads::add,
            news::add);

    @BeforeEach
    void aCluster() {
        kindling.known(Racks.draft("simulated"), Racks.untilStuck());
    }

    /** What is heard of the next event, where the last thread came first. */
    private List<Message> heardAfter(Effect... wanted) {
        List.of(wanted).forEach(performer::perform);
        threads.reversed().forEach(Runnable::run);
        news.clear();
        kindling.play(1);
        return news;
    }

    @Test
    void whoLeftAClusterHearsNothingOfIt() {
        assertThat(heardAfter(new Effect.Follow("demo"), new Effect.Unfollow())).isEmpty();
    }

    @Test
    void whoCameBackToAClusterHearsOfIt() {
        assertThat(heardAfter(new Effect.Follow("demo"), new Effect.Unfollow(), new Effect.Follow("demo")))
                .singleElement().isInstanceOf(Message.EventsSeen.class);
    }

    @Test
    void nothingIsFollowedAfterTheScreensAreClosed() {
        performer.perform(new Effect.Follow("demo"));
        performer.close();
        assertThat(heardAfter()).isEmpty();
    }
}
