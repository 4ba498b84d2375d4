package dev.kindling.engine.http;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Template;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The bodies of requests and answers that are not records of the facade. The OpenAPI document is made from these. */
final class Wire {
    private Wire() {}

    /**
     * Who answers.
     *
     * @param kindling version of the program
     * @param api version of this interface: a client works with every server of the same first number
     * @param user name of the token that asked
     */
    record Version(String kindling, String api, String user, Role role) {}

    record Health(String status) {}

    /** @param next cursor of the next page; null: this is the last one */
    record ClusterPage(List<ClusterStatus> items, @Nullable String next) {}

    /**
     * Events, oldest first.
     *
     * @param next cursor of the next page; null: there are no more yet
     * @param lastSeq number of the last one here, to go on from later
     */
    record EventPage(List<Event.Recorded> items, @Nullable String next, long lastSeq) {}

    record ActPage(List<ApiStore.Act> items, @Nullable String next) {}

    /** @param cluster that is known again */
    record Imported(String cluster) {}

    record OperationPage(List<Operation> items, @Nullable String next) {}

    /** A definition as it was last applied. */
    record Definition(String source, String text) {}

    record Text(String text) {}

    /**
     * A wish for a pool of the definition.
     *
     * @param count of machines, 1 or more
     */
    record Scaling(String pool, int count) {}

    /**
     * The outcome of a check.
     *
     * @param text the definition; of an order, the definition that it amounts to
     * @param cluster name; null where the definition is wrong
     */
    record Validated(String source, String text, boolean ok, @Nullable String cluster, int machines,
            List<Problem> problems) {}

    /**
     * A plan.
     *
     * @param pending how many actions are not done yet
     */
    record PlanBody(String id, String cluster, String definition, long pending, List<Plan.Action> actions,
            List<String> notices, List<Plan.Leftover> leftovers, Map<String, String> facts, Duration estimate) {
        static PlanBody of(Plan plan) {
            return new PlanBody(plan.id(), plan.cluster().name(), plan.definition(), plan.pending(), plan.actions(),
                    plan.notices(), plan.leftovers(), plan.facts(), plan.estimate());
        }
    }

    record TemplateList(List<Template> items) {}

    record TemplateTests(List<Template.Test> tests) {}

    /**
     * A report in all its forms.
     *
     * @param json the same as data, as a JSON text
     * @param files where the server wrote the other two
     */
    record ReportBody(String markdown, String html, String json, List<String> files) {}

    /** @param problem why no virtual rack can run on the server; null: one can */
    record VirtualRack(@Nullable Problem problem) {}

    /**
     * Problem details, RFC 9457.
     *
     * @param type {@code urn:kindling:problem:} and the code
     * @param title the code in words
     * @param detail what was found
     * @param problems all of them; the first one is in the other members
     */
    record ProblemDetails(String type, String title, int status, String detail, String instance, String code,
            String path, String expected, String remedy, List<Problem> problems) {
        static ProblemDetails of(int status, String instance, List<Problem> problems) {
            Problem first = problems.getFirst();
            String words = first.code().replace('-', ' ');
            return new ProblemDetails("urn:kindling:problem:" + first.code(),
                    words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1), status, first.message(),
                    instance, first.code(), first.path(), first.expected(), first.remedy(), problems);
        }
    }
}
