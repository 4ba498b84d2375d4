package dev.kindling.engine.run;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Hook;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Runs the hooks of a definition. Each sees a clean environment with what it is about in {@code KINDLING_*}; what it
 * says is journalled, its last 4 KiB, with secrets masked. A hook is run again where a step or a run is begun again.
 */
public final class Hooks {
    private static final int MOST_OUTPUT = 4096;
    /** More than is kept in the end: a secret that is cut through would not be found. */
    private static final int ROOM = 2 * MOST_OUTPUT;
    /** Between the end of a hook and the end of what it left running, which may hold its output open. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final Cluster cluster;
    private final String run;
    private final Path directory;
    private final UnaryOperator<String> mask;
    private final Consumer<Event> journal;

    /**
     * @param directory that hooks are run in
     * @param mask takes secrets out of a text
     * @param journal writes an event durably before it returns
     */
    public Hooks(Cluster cluster, String run, Path directory, UnaryOperator<String> mask, Consumer<Event> journal) {
        this.cluster = cluster;
        this.run = run;
        this.directory = directory;
        this.mask = mask;
        this.journal = journal;
    }

    /** The work of a step, with the hooks of its kind before its effect and after it. */
    public Step.Work around(Step step) {
        String kind = step.id().substring(0, Math.max(0, step.id().indexOf('/')));
        return attempt -> {
            runForStep("before-" + kind, step);
            step.work().perform(attempt);
            runForStep("after-" + kind, step);
        };
    }

    private void runForStep(String when, Step step) throws InterruptedException, Step.Failed {
        Optional<Problem> problem = run(when, step, Map.of());
        if (problem.isPresent()) {
            throw new Step.Failed(problem.get(), false);
        }
    }

    /**
     * Runs the hooks of a moment of the whole run, in the order of the definition, up to a required one that fails.
     *
     * @param facts more for the environment, without {@code KINDLING_}
     * @return why the run cannot go on
     */
    public Optional<Problem> run(String when, Map<String, String> facts) throws InterruptedException {
        return run(when, null, facts);
    }

    private Optional<Problem> run(String when, @Nullable Step step, Map<String, String> facts)
            throws InterruptedException {
        for (Hook hook : cluster.hooks()) {
            if (hook.when().equals(when)) {
                Event.HookRan ran = run(hook, step, facts);
                journal.accept(ran);
                if (hook.required() && ran.problem() != null) {
                    return Optional.of(ran.problem());
                }
            }
        }
        return Optional.empty();
    }

    private Event.HookRan run(Hook hook, @Nullable Step step, Map<String, String> facts) throws InterruptedException {
        long began = System.nanoTime();
        var output = new Tail();
        String failure = null;
        try {
            ProcessBuilder builder = new ProcessBuilder(hook.command()).directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
            environment(builder.environment(), hook, step, facts);
            Process process = builder.start();
            try {
                failure = outcome(process, hook, output);
            } finally {
                end(process);
            }
        } catch (IOException e) {
            failure = "cannot be started: " + e.getMessage();
        }
        String masked = mask.apply(output.text());
        String said = masked.substring(Math.max(0, masked.length() - MOST_OUTPUT));
        String name = hook.when() + " hook " + hook.command().getFirst();
        String about = step == null ? "run " + run : step.id();
        Problem problem = failure == null
                ? null
                : Problem.error("hook-failed", about, name + " " + failure + lastLine(said), "a hook that ends with 0",
                        "mend it, or say 'required: false' under spec.hooks; then kindling up goes on");
        return new Event.HookRan(hook.when(), step == null ? null : step.id(),
                step == null ? null : step.action().machine(), hook.command().stream().map(mask).toList(),
                (System.nanoTime() - began) / 1_000_000, said, problem,
                name + (failure == null ? " ran" : " " + failure));
    }

    /** Why it failed; null: it ended with 0. */
    private static @Nullable String outcome(Process process, Hook hook, Tail output) throws InterruptedException {
        Thread reader = Thread.ofVirtual().name("hook-output").start(() -> output.read(process.getInputStream()));
        boolean ended = process.waitFor(hook.timeout().toMillis(), TimeUnit.MILLISECONDS);
        if (!ended) {
            end(process);
        }
        reader.join(LAST_WORDS);
        if (!ended) {
            return "did not end in " + hook.timeout().toSeconds() + " s";
        }
        return process.exitValue() == 0 ? null : "ended with " + process.exitValue();
    }

    /** It, and all that it started. */
    private static void end(Process process) {
        List<ProcessHandle> children = process.descendants().toList();
        process.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
    }

    private void environment(Map<String, String> environment, Hook hook, @Nullable Step step,
            Map<String, String> facts) {
        var clean = new LinkedHashMap<String, String>();
        clean.put("PATH", environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin"));
        clean.put("HOME", environment.getOrDefault("HOME", "/"));
        clean.put("LANG", "C.UTF-8");
        clean.put("KINDLING_CLUSTER", cluster.name());
        clean.put("KINDLING_RUN", run);
        clean.put("KINDLING_WHEN", hook.when());
        if (step != null) {
            clean.put("KINDLING_STEP", step.id());
            Optional.ofNullable(step.action().machine()).flatMap(cluster::machine)
                    .ifPresent(machine -> machine(clean, machine));
        }
        facts.forEach((name, value) -> clean.put("KINDLING_" + name, value));
        environment.clear();
        environment.putAll(clean);
    }

    private static void machine(Map<String, String> environment, Machine machine) {
        environment.put("KINDLING_MACHINE", machine.name());
        environment.put("KINDLING_MAC", machine.mac().value());
        environment.put("KINDLING_ADDRESS", machine.address().getHostAddress());
        environment.put("KINDLING_ROLE", machine.role().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }

    private static String lastLine(String said) {
        List<String> lines = said.strip().lines().toList();
        return lines.isEmpty() ? "" : "; it said: " + lines.getLast();
    }

    /** The last bytes of a stream, whatever comes. */
    private static final class Tail {
        private byte[] last = new byte[0];

        void read(InputStream stream) {
            byte[] buffer = new byte[ROOM / 2];
            try (stream) {
                for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                    add(buffer, count);
                }
            } catch (IOException e) {
                // what was read until then is all that there is
            }
        }

        private synchronized void add(byte[] buffer, int count) {
            int kept = Math.min(last.length, ROOM - count);
            byte[] next = new byte[kept + count];
            System.arraycopy(last, last.length - kept, next, 0, kept);
            System.arraycopy(buffer, 0, next, kept, count);
            last = next;
        }

        synchronized String text() {
            return new String(last, StandardCharsets.UTF_8);
        }
    }
}
