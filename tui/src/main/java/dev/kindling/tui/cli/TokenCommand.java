package dev.kindling.tui.cli;

import dev.kindling.engine.http.AccessTokens;
import dev.kindling.engine.http.Role;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling token}. */
@Command(name = "token", description = {"Tokens for kindling serve.",
        "Of this workspace; a server that runs knows them at once."}, subcommands = {
                TokenCommand.Create.class, TokenCommand.ListThem.class, TokenCommand.Revoke.class})
final class TokenCommand extends CommandGroup {
    private AccessTokens open() {
        Cli cli = Commands.of(parent);
        if (cli.connect != null) {
            throw Refusal.badUse("tokens are made where the server's workspace is", "leave --connect out");
        }
        cli.makeWorkspace();
        return AccessTokens.open(cli.workspaceDirectory(), cli.world().clock());
    }

    private static TokenCommand of(@Nullable TokenCommand parent) {
        return java.util.Objects.requireNonNull(parent, "subcommands run below kindling token");
    }

    /** {@code kindling token create}. */
    @Command(name = "create", description = {"Makes a token and prints it, once: only its hash is kept.",
            "  kindling token create --role operator --name ci > ci.token"})
    static final class Create implements Callable<Integer> {
        private static final Pattern LIFE = Pattern.compile("(\\d{1,6})([dhm])");

        @ParentCommand
        @Nullable
        TokenCommand parent;

        @Option(names = "--name", paramLabel = "NAME", required = true, description = "what it is for; the log tells it")
        String name = "";

        @Option(names = "--role", paramLabel = "ROLE", required = true, description = "${COMPLETION-CANDIDATES}: looks; runs too; removes too")
        RoleWord role = RoleWord.viewer;

        @Option(names = "--expires", paramLabel = "TIME", description = "from now, such as 90d, 12h or 30m (default: never)")
        @Nullable
        String expires;

        /** Roles, spelled as they are typed. */
        enum RoleWord {
            viewer(Role.VIEWER),
            operator(Role.OPERATOR),
            admin(Role.ADMIN);

            private final Role role;

            RoleWord(Role role) {
                this.role = role;
            }
        }

        /** The token, for programs. */
        record Made(String name, Role role, String token) {}

        @Override
        public Integer call() {
            TokenCommand tokenCommand = of(parent);
            Cli cli = Commands.of(tokenCommand.parent);
            Optional<Duration> life = Optional.ofNullable(expires).map(Create::life);
            try (AccessTokens tokens = tokenCommand.open();
                    var token = tokens.create(name, role.role, life).orElseThrow(() -> Refusal.badUse(
                            "there is a token '" + name + "' already",
                            "kindling token revoke " + name + " ends it; or give another name"))) {
                cli.json(new Made(name, role.role, token.reveal()));
                cli.say(token.reveal() + "\n");
                return ExitCode.DONE;
            } catch (IllegalArgumentException e) {
                throw Refusal.badUse(String.valueOf(e.getMessage()), "");
            }
        }

        private static Duration life(String text) {
            Matcher found = LIFE.matcher(text);
            if (!found.matches() || Integer.parseInt(found.group(1)) == 0) {
                throw Refusal.badUse("'" + text + "' is no time", "such as 90d, 12h or 30m");
            }
            return Duration.of(Long.parseLong(found.group(1)), switch (found.group(2)) {
                case "d" -> ChronoUnit.DAYS;
                case "h" -> ChronoUnit.HOURS;
                default -> ChronoUnit.MINUTES;
            });
        }
    }

    /** {@code kindling token list}. */
    @Command(name = "list", description = "The tokens, without their values.")
    static final class ListThem implements Callable<Integer> {
        @ParentCommand
        @Nullable
        TokenCommand parent;

        /** The tokens, for programs. */
        record All(List<AccessTokens.Token> tokens) {}

        @Override
        public Integer call() {
            TokenCommand tokenCommand = of(parent);
            Cli cli = Commands.of(tokenCommand.parent);
            try (AccessTokens tokens = tokenCommand.open()) {
                List<AccessTokens.Token> all = tokens.list();
                cli.json(new All(all));
                if (all.isEmpty()) {
                    cli.say("There are no tokens but the one of the token file.\n");
                }
                for (AccessTokens.Token token : all) {
                    String end = token.expires() == null
                            ? "never expires"
                            : (token.expired() ? "EXPIRED " : "expires ") + token.expires();
                    cli.say(String.format(java.util.Locale.ROOT, "%-24s %-9s made %s, %s%n", token.name(),
                            token.role().word(), token.created(), end));
                }
                return ExitCode.DONE;
            }
        }
    }

    /** {@code kindling token revoke}. */
    @Command(name = "revoke", description = "Ends a token at once.")
    static final class Revoke implements Callable<Integer> {
        @ParentCommand
        @Nullable
        TokenCommand parent;

        @Parameters(paramLabel = "NAME", description = "as it was given to create")
        String name = "";

        /** What was ended, for programs. */
        record Revoked(String revoked) {}

        @Override
        public Integer call() {
            TokenCommand tokenCommand = of(parent);
            Cli cli = Commands.of(tokenCommand.parent);
            try (AccessTokens tokens = tokenCommand.open()) {
                if (!tokens.revoke(name)) {
                    throw Refusal.badUse("there is no token '" + name + "'", "kindling token list");
                }
                cli.json(new Revoked(name));
                cli.tell("The token '" + name + "' is of no use any more.\n");
                return ExitCode.DONE;
            }
        }
    }
}
