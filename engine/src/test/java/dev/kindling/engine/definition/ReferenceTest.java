package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Keeps {@code docs/reference} equal to the code, and its examples free of problems. */
class ReferenceTest {
    private static final String DIRECTORY = "docs/reference";
    private static final String EXAMPLES = "docs/examples";
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(?:yaml|json)\\n(.*?)^```$");

    static Stream<Path> examples() throws IOException {
        try (Stream<Path> files = Files.list(Golden.home().resolve(EXAMPLES))) {
            return files.sorted().toList().stream();
        }
    }

    @Test
    void virtualRackExampleIsWhatTheWizardStartsWith() throws IOException {
        Golden.check(EXAMPLES + "/virtual-rack.yaml", Definitions.compose(Definitions.defaults()));
    }

    @Test
    void simulatedExampleIsTheDemonstration() throws IOException {
        Golden.check(EXAMPLES + "/simulated-50.yaml", Definitions.demo(Machine.Kind.SIMULATED, 50));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void exampleHasNoProblemButWhatIsNotYetPossible(Path example) throws IOException {
        Validation validation = Definitions.read(example.toString(), Files.readString(example));

        assertThat(validation.problems()).allMatch(problem -> problem.code().endsWith("-not-yet"));
        assertThat(validation.ok()).isTrue();
    }

    @Test
    void pageNamesEachExampleOnTheSideOfWhatIsPossibleOrNotYet() throws IOException {
        String page = Files.readString(Golden.home().resolve(DIRECTORY + "/definition.md"));
        int notYet = page.indexOf("cannot form yet");
        for (Path example : examples().toList()) {
            boolean possible = Definitions.read(example.toString(), Files.readString(example)).problems().isEmpty();
            int named = page.indexOf("](../examples/" + example.getFileName() + ")");
            assertThat(named).as("%s is named", example).isPositive();
            assertThat(named < notYet).as("%s is possible", example).isEqualTo(possible);
        }
    }

    @Test
    void definitionsInTheReferenceAreFreeOfProblems() throws IOException {
        int blocks = 0;
        try (Stream<Path> pages = Files.list(Golden.home().resolve(DIRECTORY))) {
            for (Path page : pages.filter(file -> file.toString().endsWith(".md")).toList()) {
                Matcher block = BLOCK.matcher(Files.readString(page));
                while (block.find()) {
                    if (block.group(1).contains("apiVersion")) {
                        blocks++;
                        assertThat(problems(page, block.group(1))).isEmpty();
                    }
                }
            }
        }
        assertThat(blocks).isPositive();
    }

    private static List<Problem> problems(Path page, String block) throws IOException {
        if (block.contains("kind: Template")) {
            Path directory = Files.createTempDirectory("templates");
            Files.writeString(directory.resolve("block.yaml"), block);
            Templates templates = Templates.of(List.of(directory));
            return templates.list().stream().filter(template -> !template.origin().equals("ready-made"))
                    .flatMap(template -> Stream.concat(template.problems().stream(),
                            templates.test(template.reference()).stream().filter(test -> !test.passed())
                                    .map(test -> Problem.error("test-failed", test.name(), test.message(), "", ""))))
                    .toList();
        }
        return (Templates.isOrder(block)
                ? Templates.of(List.of()).order(page.toString(), block)
                : Definitions.read(page.toString(), block)).problems();
    }

    @Test
    void referenceOfProblemsIsThatOfTheCode() throws IOException {
        StringBuilder page = new StringBuilder(
                """
                        # Problems of a definition

                        `kindling validate` reports every problem at once, with its code, path, line and column. The codes are
                        stable. An error keeps a definition from being used, a warning does not; one whose code ends in `-not-yet`
                        can be planned, and `kindling up` refuses it.

                        This page is generated from `ProblemCode.java`.

                        | code | severity | what it means | what to do |
                        |---|---|---|---|
                        """);
        for (ProblemCode code : ProblemCode.values()) {
            page.append("| `").append(code.code()).append("` | ")
                    .append(code.severity().name().toLowerCase(Locale.ROOT)).append(" | ").append(cell(code.meaning()))
                    .append(" | ").append(cell(code.remedy())).append(" |\n");
        }
        Golden.check(DIRECTORY + "/problems.md", page.toString());
    }

    @Test
    void referenceOfTheFormatIsThatOfTheCode() throws IOException {
        StringBuilder page = new StringBuilder(
                """
                        # The definition

                        One file says what a cluster is: YAML or JSON, of the format `%s`. Editors complete and check it with
                        [`cluster-v1.schema.json`](../../assets/src/main/resources/dev/kindling/assets/cluster-v1.schema.json);
                        `kindling validate FILE` checks everything that can be checked without looking at a machine, and names
                        [every problem](problems.md) at once.

                        This page is generated from `Format.java`.

                        ## Example

                        ```yaml
                        %s```

                        That was [three real machines](../examples/three-machines.yaml). More:
                        [virtual rack](../examples/virtual-rack.yaml), [50 simulated machines](../examples/simulated-50.yaml),
                        [one machine, in JSON](../examples/one-machine.json).

                        More, for clusters that this version can plan and cannot form yet:
                        [OKD with a load balancer](../examples/okd-load-balancer.yaml),
                        [K3s from a template](../examples/k3s-edge.yaml),
                        [Talos on Proxmox](../examples/talos-production.yaml),
                        [MicroK8s in three environments](../examples/microk8s-environments.yaml).

                        ## In an editor

                        `kindling schema > cluster.schema.json` writes the JSON Schema. The first line of a definition names it,
                        and the editor completes keys, shows what they mean and marks mistakes:

                        ```yaml
                        # yaml-language-server: $schema=./cluster.schema.json
                        ```

                        - VS Code: with the extension *YAML* (redhat.vscode-yaml), that line is all.
                        - Vim and Neovim: with `yaml-language-server` (`npm install -g yaml-language-server`) and any language
                          client, such as nvim-lspconfig's `yamlls` or coc-yaml, that line is all.
                        - JSON files: name the schema in the editor's settings; a definition has no key for it.

                        ## What can be planned and not performed

                        A definition may ask for more than this version can do: another distribution than K3s, another boot
                        method than PXE, machines on Proxmox, over SSH or behind a BMC, several control planes, services. Such
                        a definition is valid. The problem that says so is a warning whose code ends in `-not-yet`; `kindling
                        plan` shows every machine, disk and step, those that cannot be performed with *(not in this version)*;
                        `kindling up` refuses before anything starts.

                        ## Counts, classes and spares

                        Virtual, simulated and Proxmox machines need no list: `count: 20` makes twenty. Their names, addresses,
                        MAC addresses and disk serials follow from the cluster's and the pool's name and their number, so they
                        are the same on every computer. Real machines are listed. Where more are listed than `count` says, the
                        rest are spares: checked, and not used.

                        A hardware class says what its machines have at least. A pool refers to it by name, and may say more
                        in its own `minimum`, key by key. Sizes of machines that are made are those of `minimum`, unless
                        `virtual` says otherwise.

                        ## Services

                        Services are started in an order in which each one follows those that it depends on; `startOrder`
                        decides between the others. A circle is a problem that names it. `required: false` lets the cluster be
                        formed without the service where it cannot be had.

                        ## Environments

                        `environments` are variants of one cluster. Each says under `spec` what differs from the base, or from
                        the environment it `inherits`: groups key by key; networks, hardware classes, pools and services by
                        their name; any other list as a whole. The base is a complete definition itself.

                        ```bash (a definition of yours)
                        kindling validate shop.yaml                            # the base and every environment
                        kindling plan shop.yaml --environment staging          # the cluster shop-staging
                        kindling up shop.yaml --environment production         # promoted: the same file, the next environment
                        ```

                        The option writes the key `environment` into the text that is planned and recorded, not into the file.
                        A definition that has the key stands for that environment.

                        ## Changes

                        Wizards and `kindling scale` change a definition's text in place: comments, order, quotes and blank
                        lines elsewhere stay as they are.

                        ```bash (a definition of yours)
                        kindling scale shop.yaml workers=5     # writes the count, shows the plan, brings the cluster there
                        ```

                        A pool that is not the last one would move the addresses of those after it, and is not scaled then:
                        give each pool its own `addresses`. A smaller count takes machines out of the definition; this version does
                        not drain them or take them out of the cluster.

                        ## Secrets

                        Credentials are named, never written: `credentials: lab/bmc` is the name of a secret. A key that ends
                        in password, token, secret or key, among settings and labels, is a problem. Messages cover what looks
                        like a password with asterisks.

                        ## Names

                        A machine without `name` is called by the cluster, its role and a number: `lab-cp-1`, `lab-wk-2`
                        (`infra`, `boot` and `bastion` for the other roles). The number counts the machines of that role through
                        all pools, in the order of the file, from 1.

                        ## Addresses

                        A machine without `address` is assigned one when the file is read: in the order of the file, the lowest
                        free address of the first network from the eleventh on (10.77.0.11 in 10.77.0.0/24), and where these are
                        used up, from the first to the tenth. Not free are the first and the last address of the network, the
                        pool, the load-balancer range, the VIP, the gateway, the boot server, name servers, and each address that
                        some machine states. Addresses follow the order of the file: before machines are added to a running
                        cluster anywhere but at the end, write the addresses down.

                        ## Simulated and virtual machines

                        One definition holds machines of one kind. Simulated machines are programs on the loopback interface of
                        this computer: their first network lies inside 127.0.0.0/8, and no other machine's does.

                        ## The text

                        One document of at most %d MiB, UTF-8, without YAML anchors, aliases and tags. `true` and `false` are the
                        only truth values. A number is taken as text where free text is expected (`version: 1.34`), as it was
                        written. Put quotes around MAC addresses: some YAML readers take one of digits for a number.

                        """
                        .formatted(Format.VERSION,
                                Files.readString(Golden.home().resolve(EXAMPLES + "/three-machines.yaml")),
                                YamlText.MAX_CHARACTERS >> 20));
        for (Format.Located located : Format.GROUPS) {
            page.append("## ").append(located.path().isEmpty() ? "Top level" : "`" + located.path() + "`")
                    .append("\n\n| key | value | unless given | meaning |\n|---|---|---|---|\n");
            for (Field<?> field : located.group().fields()) {
                String unlessGiven = field.unlessGiven();
                page.append("| `").append(field.name()).append("` | ").append(cell(value(field.shape()))).append(" | ")
                        .append(field.required()
                                ? "**required**"
                                : unlessGiven != null
                                        ? cell(unlessGiven)
                                        : field.shape() instanceof Shape.Group ? "as below" : "none")
                        .append(" | ").append(cell(field.about())).append(" |\n");
            }
            Shape.Group.OneOf rule = located.group().oneOf();
            page.append(rule == null
                    ? "\n"
                    : "\nExactly one of `" + String.join("`, `", rule.names()) + "` is written.\n\n");
        }
        Golden.check(DIRECTORY + "/definition.md", page.toString().stripTrailing() + "\n");
    }

    private static String value(Shape<?> shape) {
        return switch (shape) {
            case Shape.Group ignored -> "a group, see below";
            case Shape.Many<?> many -> "a list" + (many.item() instanceof Shape.Group
                    ? ", see below"
                    : ": each " + many.item().called());
            case Shape.Choice<?> choice -> "`" + String.join("`, `", choice.words().keySet()) + "`";
            default -> shape.called();
        };
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }

    @Test
    void tableKnowsEveryGroupOnce() {
        List<String> paths = new ArrayList<>(Format.GROUPS.stream().map(Format.Located::path).toList());

        assertThat(paths).doesNotHaveDuplicates().contains("", "spec.networks[]", "spec.nodePools[].machines[].disk");
    }
}
