package dev.kindling.tui.screen;

import dev.kindling.tui.FakeKindling;
import dev.kindling.tui.FakePrimer;
import dev.kindling.tui.Golden;
import dev.kindling.tui.MutableClock;
import dev.kindling.tui.Racks;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The screens without a terminal: keys in, frames out, effects performed on the spot by the fake engine. */
final class ScreenHarness {
    final MutableClock clock = new MutableClock(Racks.START);
    final FakeKindling kindling = new FakeKindling(Path.of("/ws"), clock);
    final List<Effect> effects = new ArrayList<>();
    private final Deque<Message> news = new ArrayDeque<>();
    private final Performer performer;
    Model model = Model.start(Size.STANDARD, false, Racks.START, "workspace /ws", "kindling tui");

    ScreenHarness(Path directory) {
        this(directory, new FakePrimer(false));
    }

    ScreenHarness(Path directory, FakePrimer primer) {
        performer = new Performer(kindling, primer, directory, Runnable::run, news::add);
    }

    ScreenHarness open() {
        perform(Update.first());
        settle();
        return this;
    }

    ScreenHarness press(Key.Name... keys) {
        for (Key.Name key : keys) {
            take(new Message.Pressed(Key.of(key)));
        }
        return this;
    }

    ScreenHarness type(String text) {
        text.chars().forEach(c -> take(new Message.Pressed(Key.of((char) c))));
        return this;
    }

    /** Replaces what stands in the question in focus. */
    ScreenHarness answer(String text) {
        press(Key.Name.END);
        for (int i = 0; i < 60; i++) {
            press(Key.Name.BACKSPACE);
        }
        return type(text).press(Key.Name.ENTER);
    }

    void take(Message message) {
        Update.Result result = Update.of(model, message);
        model = result.model();
        perform(result.effects());
        settle();
    }

    private void perform(List<Effect> wanted) {
        for (Effect effect : wanted) {
            effects.add(effect);
            if (!(effect instanceof Effect.Quit)) {
                performer.perform(effect);
            }
        }
    }

    private void settle() {
        while (!news.isEmpty()) {
            Message message = news.removeFirst();
            Update.Result result = Update.of(model, message);
            model = result.model();
            perform(result.effects());
        }
        model = Update.of(model, new Message.Ticked(clock.instant())).model();
    }

    /** The engine goes on by some events, and the screen hears of them. */
    ScreenHarness play(int beats) {
        kindling.play(beats);
        performer.refresh("demo");
        settle();
        return this;
    }

    Frame frame() {
        return View.of(model);
    }

    String text() {
        return frame().text();
    }

    /** Golden frames at the console's size with their styles, on a large screen, and on a tiny one with ASCII. */
    void check(String name) {
        Frame standard = frame(new Size(80, 24), false);
        Golden.check("screens/" + name + "-80x24.txt", standard.text() + "--- styles\n" + standard.styleText());
        Golden.check("screens/" + name + "-120x40.txt", frame(new Size(120, 40), false).text());
        Golden.check("screens/" + name + "-40x12-ascii.txt", frame(new Size(40, 12), true).text());
        Pictures.write(name, standard);
    }

    Frame frame(Size size, boolean ascii) {
        return View.of(new Model(size, ascii, model.now(), model.workspace(), model.reattach(), model.clusters(),
                model.read(), model.screen(), model.dialog(), model.file(), model.remark(), model.live()));
    }
}
