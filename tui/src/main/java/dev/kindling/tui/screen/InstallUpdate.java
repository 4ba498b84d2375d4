package dev.kindling.tui.screen;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.tui.screen.Install.Step;
import dev.kindling.tui.screen.Update.Result;
import java.util.List;

/** What a message does to the installation of the primer. Pure. */
final class InstallUpdate {
    private InstallUpdate() {}

    // ---- what came of it -----------------------------------------------------------------------------------------

    static Result of(Model model, Install install, Message.OfInstall message) {
        return switch (message) {
            case Message.InstallChecked checked -> Result.of(model.with(install.checked(checked.installation())));
            case Message.InstallStep step -> Result.of(model.with(install.doing(step.step(), "", -1)));
            case Message.Installing installing ->
                Result.of(model.with(install.doing(install.at(), installing.what(), installing.percent())));
            case Message.KeyMade made -> askForKey(model, install.keeping(made.recoveryKey()));
            case Message.Installed _ -> Result.of(
                    model.with(install.doing(Integer.MAX_VALUE, "", -1)).with(new Dialog.Confirm(
                            "The primer is installed", InstallText.done(disk(install)), Dialog.Then.RESTART)));
            case Message.InstallFailed failed -> review(
                    model.with(new Dialog.Notice("The installation did not go on", List.of(failed.why(),
                            "The disk does not boot. What is on it already is not written again."))),
                    install);
        };
    }

    private static Hardware.Disk disk(Install install) {
        return install.hardware().disks().get(install.disk());
    }

    private static Result askForKey(Model model, Install install) {
        Primer.Installation checked = install.checked();
        boolean tpm = checked != null && checked.encryption() == Primer.Encryption.TPM2;
        return Result.of(model.with(install).with(new Dialog.Prompt("Recovery key: shown now and kept nowhere",
                InstallText.key(install.key(), tpm), Input.EMPTY, Dialog.Then.KEEP_KEY)));
    }

    private static Result review(Model model, Install install) {
        return Result.of(model.with(install.go(Step.REVIEW)), new Effect.CheckInstall(install.text()));
    }

    // ---- keys ----------------------------------------------------------------------------------------------------

    static Result pressed(Model model, Install install, Key key) {
        return switch (install.step()) {
            case DISK -> inDisks(model, install, key);
            case ANSWERS -> inAnswers(model, install, key);
            case REVIEW -> inReview(model, install, key);
            case WRITING -> install.at() < Integer.MAX_VALUE
                    ? Result.of(model.remarking("The installation goes on; it cannot be left."))
                    : start(model);
        };
    }

    private static Result start(Model model) {
        return Result.of(model.with(new Screen.Start(0)), new Effect.LoadClusters());
    }

    private static Result inDisks(Model model, Install install, Key key) {
        return switch (key.name()) {
            case UP, BACK_TAB -> Result.of(model.with(install.select(install.disk() - 1)));
            case DOWN, TAB -> Result.of(model.with(install.select(install.disk() + 1)));
            case HOME, PAGE_UP -> Result.of(model.with(install.select(0)));
            case END, PAGE_DOWN -> Result.of(model.with(install.select(Integer.MAX_VALUE)));
            case ESCAPE -> start(model);
            case ENTER -> {
                if (install.hardware().disks().isEmpty()) {
                    yield Result.of(model);
                }
                String why = InstallText.unfit(disk(install));
                yield why.isEmpty()
                        ? Result.of(model.with(install.go(Step.ANSWERS)))
                        : Result.of(model.remarking("Not this disk: " + why));
            }
            case CHARACTER, LEFT, RIGHT, BACKSPACE, DELETE, HELP, PICK, INTERRUPT -> key.is('q')
                    ? start(model)
                    : Result.of(model);
        };
    }

    private static Result inAnswers(Model model, Install install, Key key) {
        List<String> choices = install.choices(install.question());
        boolean last = install.focus() == Install.Question.ALL.size() - 1;
        return switch (key.name()) {
            case ESCAPE, PAGE_UP -> Result.of(model.with(install.go(Step.DISK)));
            case PAGE_DOWN -> review(model, install);
            case ENTER -> last ? review(model, install) : Result.of(model.with(install.at(install.focus() + 1)));
            case TAB, DOWN -> Result.of(model.with(install.at(install.focus() + 1)));
            case BACK_TAB, UP -> Result.of(model.with(install.at(install.focus() - 1)));
            case CHARACTER, LEFT, RIGHT, HOME, END, BACKSPACE, DELETE, HELP, PICK, INTERRUPT -> {
                if (choices.isEmpty()) {
                    yield Result.of(model.with(install.typed(install.input().after(key))));
                }
                int by = key.name() == Key.Name.RIGHT || key.is(' ') ? 1 : key.name() == Key.Name.LEFT ? -1 : 0;
                int next = Math.floorMod(choices.indexOf(install.value(install.question())) + by, choices.size());
                yield Result.of(model.with(install.answer(choices.get(next))));
            }
        };
    }

    private static Result inReview(Model model, Install install, Key key) {
        Primer.Installation checked = install.checked();
        return switch (key.name()) {
            case ESCAPE -> Result.of(model.with(install.go(Step.ANSWERS)));
            case UP -> Result.of(model.with(install.scrolled(install.scroll() - 1)));
            case DOWN -> Result.of(model.with(install.scrolled(install.scroll() + 1)));
            case PAGE_UP -> Result.of(model.with(install.scrolled(install.scroll() - 10)));
            case PAGE_DOWN -> Result.of(model.with(install.scrolled(install.scroll() + 10)));
            case ENTER -> checked == null
                    ? Result.of(model.remarking("Not checked yet."))
                    : checked.done() || !checked.problems().isEmpty()
                            ? Result.of(model.remarking("Nothing can be installed like this; Esc goes back."))
                            : Result.of(model.with(new Dialog.Prompt("Erase this disk?",
                                    InstallText.question(disk(install), checked), Input.EMPTY,
                                    Dialog.Then.INSTALL)));
            case CHARACTER, TAB, BACK_TAB, LEFT, RIGHT, HOME, END, BACKSPACE, DELETE, HELP, PICK, INTERRUPT ->
                key.is('r') && checked != null && !checked.holds().isEmpty()
                        ? review(model, install.replacing(checked.holds()))
                        : Result.of(model);
        };
    }

    // ---- dialogs -------------------------------------------------------------------------------------------------

    /** A question was answered, or a line was typed. */
    static Result confirmed(Model model, Install install, Dialog.Then then, String typed) {
        return switch (then) {
            case INSTALL -> {
                Primer.Installation checked = install.checked();
                yield checked == null || !typed.equals(disk(install).serial())
                        ? Result.of(model.remarking("That is not the serial number of the disk. Nothing was written."))
                        : Result.of(model.with(install.go(Step.WRITING)), new Effect.Install(checked));
            }
            case KEEP_KEY -> typed.equals(InstallText.lastGroup(install.key()))
                    ? Result.of(model.with(install.keeping("")), new Effect.FinishInstall())
                    : askForKey(model.remarking("That is not its last group."), install);
            case GIVE_UP_INSTALL -> {
                Result back = review(model, install);
                yield new Result(back.model(), List.of(new Effect.GiveUpInstall(), back.effects().getFirst()));
            }
            case RESTART -> Result.of(model.remarking("Restarting ..."), new Effect.Restart());
            case CANCEL_RUN, LEAVE_WIZARD, REMOVE_MACHINE, SAVE, SAVE_AND_START, OVERWRITE, OVERWRITE_AND_START,
                    START ->
                Result.of(model);
        };
    }

    /** A dialog was left. The recovery key is not lost by a slip of the finger. */
    static Result refused(Model model, Install install, Dialog.Then then) {
        return switch (then) {
            case KEEP_KEY -> Result.of(model.with(new Dialog.Confirm("Stop here?",
                    List.of("Without the last group of its key the disk stays without a partition table: it does not"
                            + " boot. Stop here?"),
                    Dialog.Then.GIVE_UP_INSTALL)));
            case GIVE_UP_INSTALL -> askForKey(model, install);
            case INSTALL, RESTART, CANCEL_RUN, LEAVE_WIZARD, REMOVE_MACHINE, SAVE, SAVE_AND_START, OVERWRITE,
                    OVERWRITE_AND_START, START ->
                Result.of(model);
        };
    }
}
