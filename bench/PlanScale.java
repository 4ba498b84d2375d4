import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Validation;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * How long a definition of many machines takes from its text to its plan, and the memory for it. Run by bench/scale.sh:
 * one process per size, so that the peak of one is not that of another.
 */
final class PlanScale {
    private static final int ROUNDS = 9;

    private PlanScale() {}

    public static void main(String[] arguments) throws Exception {
        int machines = Integer.parseInt(arguments[0]);
        Path workspace = Path.of(arguments[1]);
        try (Kindling kindling = Engine.open(workspace)) {
            String text = Files.readString(Path.of(arguments[2]));
            double[] read = new double[ROUNDS];
            double[] plan = new double[ROUNDS];
            Plan last = null;
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                Validation validation = kindling.validate("bench", text);
                long between = System.nanoTime();
                last = kindling.plan(validation);
                read[round] = (between - start) / 1e6;
                plan[round] = (System.nanoTime() - between) / 1e6;
            }
            System.out.printf(Locale.ROOT,
                    "%d machines: first %.0f + %.0f ms; warm, median: load and validate %.0f ms, plan %.0f ms (%d actions),"
                            + " together %.0f ms; heap limit %d MiB, collections %d ms%n",
                    machines, read[0], plan[0], median(read), median(plan), last.actions().size(),
                    median(read) + median(plan), Runtime.getRuntime().maxMemory() >> 20,
                    ManagementFactory.getGarbageCollectorMXBeans().stream().mapToLong(b -> b.getCollectionTime()).sum());
        }
    }

    private static double median(double[] values) {
        double[] sorted = Arrays.copyOf(values, values.length);
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
