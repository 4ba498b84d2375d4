package dev.kindling.tui.text;

import dev.kindling.engine.api.Template;
import java.util.List;

/** Templates for people. */
public final class TemplateText {
    private static final int WIDTH = 78;

    private TemplateText() {}

    /** One line for each. */
    public static String list(List<Template> templates) {
        int widest = templates.stream().mapToInt(template -> template.reference().length()).max().orElse(0);
        StringBuilder out = new StringBuilder();
        for (Template template : templates) {
            out.append(Text.fit(template.reference(), widest)).append("  ")
                    .append(template.usable()
                            ? Text.clean(template.title())
                            : "CANNOT BE USED: " + ProblemText.counted(template.problems()))
                    .append(template.origin().equals("ready-made") ? "" : "  (" + Text.clean(template.origin()) + ")")
                    .append('\n');
        }
        return out.toString();
    }

    /** All that somebody needs who wants to fill it. */
    public static String of(Template template) {
        StringBuilder out = new StringBuilder();
        out.append(template.reference()).append("  ").append(Text.clean(template.title())).append('\n');
        paragraph(out, "", template.description());
        out.append("origin: ").append(Text.clean(template.origin())).append('\n');
        if (template.parent() != null) {
            out.append("extends: ").append(template.parent()).append('\n');
        }
        template.nodeRequirements().entrySet().stream().sorted(java.util.Map.Entry.comparingByKey())
                .forEach(requirement -> out.append("needs: ").append(requirement.getKey()).append(" with ")
                        .append(Text.clean(requirement.getValue())).append('\n'));
        if (!template.hardwareClasses().isEmpty()) {
            out.append("hardware classes: ").append(Text.clean(String.join(", ", template.hardwareClasses())))
                    .append('\n');
        }
        out.append("\nparameters:\n");
        for (Template.Parameter parameter : template.parameters()) {
            out.append("  ").append(parameter.name()).append("  ").append(parameter.type());
            if (!parameter.allowed().isEmpty()) {
                out.append(" (").append(Text.clean(parameter.allowed())).append(')');
            }
            out.append(parameter.required() ? ", required" : "").append('\n');
            paragraph(out, "      ", parameter.title());
            paragraph(out, "      ", parameter.description());
            if (parameter.standard() != null) {
                paragraph(out, "      ", "default: " + parameter.standard());
            }
        }
        return out.toString();
    }

    private static void paragraph(StringBuilder out, String indent, String text) {
        if (!text.isEmpty()) {
            Text.wrap(Text.clean(text), WIDTH - indent.length())
                    .forEach(line -> out.append(indent).append(line).append('\n'));
        }
    }

    /** Outcomes of tests. */
    public static String tests(String template, List<Template.Test> tests, Ansi ansi) {
        StringBuilder out = new StringBuilder();
        if (tests.isEmpty()) {
            out.append(template).append(": brings no tests\n");
        }
        for (Template.Test test : tests) {
            out.append(test.passed() ? ansi.green("passed") : ansi.red("FAILED")).append("  ").append(template)
                    .append(": ").append(Text.clean(test.name())).append(" (").append(Text.clean(test.message()))
                    .append(")\n");
            if (!test.passed()) {
                test.problems().forEach(problem -> out.append("        ").append(Text.clean(problem.toString()))
                        .append('\n'));
            }
        }
        return out.toString();
    }
}
