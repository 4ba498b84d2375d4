package dev.kindling.engine.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A definition with gaps for parameters.
 *
 * @param name DNS label
 * @param version semantic version, such as 1.0.0
 * @param title one line
 * @param description what it is for
 * @param origin "ready-made", or the file that it was read from
 * @param parent what it extends, with version; null: nothing
 * @param parameters those of its parent included
 * @param nodeRequirements for people: role, and the least hardware that a machine of it needs
 * @param hardwareClasses the only ones that may be used; empty: any
 * @param source as it was written
 * @param problems what is wrong with the template itself; it cannot be used where one is an error
 */
public record Template(String name, String version, String title, String description, String origin,
        @Nullable String parent, List<Parameter> parameters, Map<String, String> nodeRequirements,
        List<String> hardwareClasses, String source, List<Problem> problems) {
    public Template {
        parameters = List.copyOf(parameters);
        nodeRequirements = Map.copyOf(nodeRequirements);
        hardwareClasses = List.copyOf(hardwareClasses);
        problems = List.copyOf(problems);
    }

    /** {@code name@version}. */
    public String reference() {
        return name + "@" + version;
    }

    /** Whether it can be used. */
    public boolean usable() {
        return problems.stream().noneMatch(problem -> problem.severity() == Problem.Severity.ERROR);
    }

    /**
     * A gap.
     *
     * @param type what may be put in: "text", "integer", "address" ...
     * @param allowed for people: the words of a choice, the bounds of a number; empty: whatever the type allows
     * @param required whether it must be given
     * @param standard what is put in otherwise, for people; null: nothing
     */
    public record Parameter(String name, String type, String title, String description, String allowed,
            boolean required, @Nullable String standard) {}

    /**
     * A test of a template, that the template itself brings along.
     *
     * @param passed whether the rendered definition is as expected
     * @param message what was expected and found, one line
     * @param problems of the rendered definition
     */
    public record Test(String name, boolean passed, String message, List<Problem> problems) {
        public Test {
            problems = List.copyOf(problems);
        }
    }
}
