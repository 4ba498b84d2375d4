package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Field.optional;
import static dev.kindling.engine.definition.Field.required;
import static dev.kindling.engine.definition.Field.withDefault;

import dev.kindling.engine.model.Role;
import java.util.Map;
import java.util.function.Function;

/** The form of files of the kinds {@code Template} and {@code ClusterOrder}. */
final class TemplateFormat {
    /** A name, alone or with a version: {@code ha}, {@code ha@1.0.0}. */
    static final Shape<String> REFERENCE = Shape.Text.of("the name of a template, such as ha or ha@1.0.0",
            ProblemCode.BAD_NAME, "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:@[0-9]{1,9}(?:\\.[0-9]{1,9}){2})?",
            Function.identity());
    private static final Shape<String> VERSION = Shape.Text.of("a semantic version, such as 1.0.0",
            ProblemCode.BAD_VERSION, "[0-9]{1,9}(?:\\.[0-9]{1,9}){2}", Function.identity());
    /** Every type of parameters, by its word. */
    static final Shape<ParameterType> TYPE = Values.choice(ParameterType.class, "string", "text", "int", "integer",
            "number", "integer", "bool", "boolean", "enum", "choice", "ip", "address", "subnet", "cidr");

    private TemplateFormat() {}

    /** {@code metadata} of a template. */
    static final class OfMetadata {
        static final Field<String> NAME = required("name", Values.NAME, "Names the template.");
        static final Field<String> VERSION = required("version", TemplateFormat.VERSION,
                "Its version; a new one for every change that others would notice.");
        static final Field<String> TITLE = required("title", Values.LINE, "One line for lists.");
        static final Field<String> DESCRIPTION = optional("description", Values.LINE, "What it is for.");
        static final Field<Boolean> ABSTRACT = withDefault("abstract", Values.TRUTH, "false",
                "true: only there to be extended.");
        static final Shape.Group SHAPE = Shape.Group.of("metadata", NAME, VERSION, TITLE, DESCRIPTION, ABSTRACT);

        private OfMetadata() {}
    }

    /** {@code defaultBy} of a parameter. */
    static final class OfDefaultBy {
        static final Field<String> PARAMETER = required("parameter", Values.LINE,
                "The parameter whose value decides.");
        static final Field<Map<String, String>> VALUES = required("values", Values.PAIRS,
                "The default for each of its values.");
        static final Shape.Group SHAPE = Shape.Group.of("defaultBy", PARAMETER, VALUES);

        private OfDefaultBy() {}
    }

    /** {@code parameters[]}. */
    static final class OfParameter {
        static final Field<String> NAME = required("name", Shape.Text.of("a name of letters and digits",
                ProblemCode.BAD_NAME, "[a-z][A-Za-z0-9]{0,39}", Function.identity()),
                "What ${...} and --set call it.");
        static final Field<ParameterType> PARAMETER_TYPE = required("type", TYPE, "What may be put in.");
        static final Field<String> TITLE = optional("title", Values.LINE, "One line for forms.");
        static final Field<String> DESCRIPTION = optional("description", Values.LINE, "What it means.");
        static final Field<Boolean> REQUIRED = withDefault("required", Values.TRUTH, "false",
                "true: must be given. Keys whose parameter has no value are left out of the definition.");
        static final Field<Node> DEFAULT = optional("default", new Shape.Anything(),
                "What is put in where nothing is given; may name other parameters: ${cluster}.");
        static final Field<GroupValue> DEFAULT_BY = optional("defaultBy", OfDefaultBy.SHAPE,
                "A default that another parameter decides.");
        static final Field<Shape.Items<String>> CHOICES = optional("choices", new Shape.Many<>(Values.LINE, 1, 64),
                "The words of a choice.", "values", "enum", "options");
        static final Field<Integer> MINIMUM = optional("minimum", new Shape.Whole(-999_999_999, 999_999_999),
                "The least number.", "min", "from");
        static final Field<Integer> MAXIMUM = optional("maximum", new Shape.Whole(-999_999_999, 999_999_999),
                "The greatest number.", "max", "to");
        static final Field<String> PATTERN = optional("pattern", Values.LINE, "A regular expression for a text.");
        static final Shape.Group SHAPE = Shape.Group.of("a parameter", NAME, PARAMETER_TYPE, TITLE, DESCRIPTION,
                REQUIRED, DEFAULT, DEFAULT_BY, CHOICES, MINIMUM, MAXIMUM, PATTERN);

        private OfParameter() {}
    }

    /** {@code nodeRequirements[]}. */
    static final class OfRequirement {
        static final Field<Role> ROLE = required("role", Format.OfPool.ROLE.shape(), "Which machines.");
        static final Field<Node> MINIMUM = required("minimum", new Shape.Anything(),
                "As spec.nodePools[].minimum; used for pools of this role that state none.");
        static final Shape.Group SHAPE = Shape.Group.of("a node requirement", ROLE, MINIMUM);

        private OfRequirement() {}
    }

    /** {@code tests[]}. */
    static final class OfTest {
        static final Field<String> NAME = required("name", Values.LINE, "A sentence.");
        static final Field<Node> PARAMETERS = optional("parameters", new Shape.Anything(),
                "Values of parameters.");
        static final Field<Integer> MACHINES = optional("machines", new Shape.Whole(1, Format.MAX_MACHINES),
                "How many machines the definition must have.");
        static final Field<Shape.Items<String>> PROBLEMS = optional("problems", new Shape.Many<>(Values.LINE, 0, 64),
                "The codes that must be reported, and no others; without it no error may be.");
        static final Shape.Group SHAPE = Shape.Group.of("a test", NAME, PARAMETERS, MACHINES, PROBLEMS);

        private OfTest() {}
    }

    static final Field<String> TEMPLATE_KIND = required("kind", Values.exactly("Template", ProblemCode.KIND),
            "What the file holds.");
    static final Field<GroupValue> METADATA = required("metadata", OfMetadata.SHAPE, "What the template is called.");
    static final Field<String> EXTENDS = optional("extends", REFERENCE,
            "The template that this one adds to: groups key by key, lists by the names of their items.");
    static final Field<Shape.Items<GroupValue>> REQUIREMENTS = optional("nodeRequirements",
            new Shape.Many<>(OfRequirement.SHAPE, 0, 5), "The least hardware, role by role.");
    static final Field<Shape.Items<String>> HARDWARE_CLASSES = optional("hardwareClasses",
            new Shape.Many<>(Values.LINE, 0, 64), "The only classes of hardware that it was made for.",
            "allowedResourceClasses", "allowed_resource_classes");
    static final Field<Shape.Items<GroupValue>> PARAMETERS = optional("parameters",
            new Shape.Many<>(OfParameter.SHAPE, 0, 100), "The gaps.");
    static final Field<Node> DEFINITION = optional("definition", new Shape.Anything(),
            "A definition with ${...} in it. A group with the key $when is left out where that does not hold.");
    static final Field<Shape.Items<GroupValue>> TESTS = optional("tests", new Shape.Many<>(OfTest.SHAPE, 0, 100),
            "What 'kindling template test' tries.");
    static final Shape.Group TEMPLATE = Shape.Group.of("a template", Format.API_VERSION, TEMPLATE_KIND, METADATA,
            EXTENDS, REQUIREMENTS, HARDWARE_CLASSES, PARAMETERS, DEFINITION, TESTS);

    /** {@code metadata} of an order. */
    static final class OfOrderMetadata {
        static final Field<String> NAME = required("name", Values.CLUSTER_NAME, "Names the cluster.");
        static final Shape.Group SHAPE = Shape.Group.of("metadata", NAME);

        private OfOrderMetadata() {}
    }

    /** {@code spec.nodeSets[]} of an order. */
    static final class OfNodeSet {
        static final Field<String> NAME = required("name", Values.NAME, "The pool of the template, or a new one.");
        static final Field<String> HARDWARE_CLASS = optional("hardwareClass", Values.LINE, "The class of hardware.",
                "hostClass", "host_class", "resourceClass");
        static final Field<Integer> SIZE = required("size", new Shape.Whole(1, Format.MAX_MACHINES),
                "How many machines.", "count", "replicas", "numberOfNodes");
        static final Shape.Group SHAPE = Shape.Group.of("a node set", NAME, HARDWARE_CLASS, SIZE);

        private OfNodeSet() {}
    }

    /** {@code spec} of an order. */
    static final class OfOrder {
        static final Field<String> TEMPLATE = required("template", REFERENCE, "The template, perhaps with its version.",
                "templateID", "templateId");
        static final Field<Node> PARAMETERS = optional("parameters", new Shape.Anything(), "Values of its parameters.",
                "templateParameters", "template_parameters");
        static final Field<Shape.Items<GroupValue>> NODE_SETS = optional("nodeSets",
                new Shape.Many<>(OfNodeSet.SHAPE, 0, 64), "Sizes of its pools.", "node_sets", "nodeRequests");
        static final Shape.Group SHAPE = Shape.Group.of("spec", TEMPLATE, PARAMETERS, NODE_SETS);

        private OfOrder() {}
    }

    static final Field<String> ORDER_KIND = required("kind", Values.exactly("ClusterOrder", ProblemCode.KIND),
            "What the file holds.");
    static final Field<GroupValue> ORDER_METADATA = required("metadata", OfOrderMetadata.SHAPE,
            "What the cluster is called.");
    static final Field<GroupValue> ORDER_SPEC = required("spec", OfOrder.SHAPE, "What is ordered.");
    static final Shape.Group ORDER = Shape.Group.of("an order", Format.API_VERSION, ORDER_KIND, ORDER_METADATA,
            ORDER_SPEC);
}
