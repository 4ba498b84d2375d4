package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Format.OfBoot;
import static dev.kindling.engine.definition.Format.OfDistribution;
import static dev.kindling.engine.definition.Format.OfHandOff;
import static dev.kindling.engine.definition.Format.OfHook;
import static dev.kindling.engine.definition.Format.OfMetadata;
import static dev.kindling.engine.definition.Format.OfSpec;
import static dev.kindling.engine.definition.Format.OfWebhook;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.HandOff;
import dev.kindling.engine.model.Hook;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Webhook;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Judges what needs more than one value, and makes the model. Whatever a {@link Shape} has reported is left out here,
 * so that one mistake gives one problem.
 */
final class ModelReader {
    private static final Pattern K3S_VERSION = Pattern.compile("v1\\.\\d{1,3}\\.\\d{1,3}(-rc\\d+)?\\+k3s\\d{1,3}");
    /** A user name alone is no secret in an ssh address; in an https address it is a token, with most servers. */
    private static final Pattern URL_WITH_SECRET = Pattern
            .compile("(?i)([a-z][a-z0-9+.-]*://[^/@]*:[^/@]*@|https?://[^/@]+@).*");

    private ModelReader() {}

    /** Whether it is a file for another program; what it lacks as a cluster is of no interest then. */
    static boolean isSomethingElse(Node root, Problems problems) {
        Node.Scalar version = null;
        Node.Scalar kind = null;
        if (root instanceof Node.Mapping mapping) {
            for (Node.Entry entry : mapping.entries()) {
                if (entry.value() instanceof Node.Scalar value) {
                    version = entry.key().text().equals("apiVersion") ? value : version;
                    kind = entry.key().text().equals("kind") ? value : kind;
                }
            }
        }
        if (version == null || kind == null || version.text().startsWith("kindling")
                || DidYouMean.nearest(kind.text(), List.of("Cluster")).isPresent()) {
            return false;
        }
        Format.API_VERSION.shape().read(version, "apiVersion", problems);
        Format.KIND.shape().read(kind, "kind", problems);
        return true;
    }

    /** The model; null where a problem was or is reported. */
    static @Nullable Cluster read(GroupValue definition, Problems problems) {
        GroupValue metadata = definition.group(Format.METADATA);
        GroupValue spec = definition.group(Format.SPEC);
        String name = metadata.get(OfMetadata.NAME);

        checkDistribution(spec.group(OfSpec.DISTRIBUTION), problems);
        checkBoot(spec.group(OfSpec.BOOT), problems);
        checkHandOff(spec.group(OfSpec.HAND_OFF), problems);
        spec.items(OfSpec.WEBHOOKS).forEach(webhook -> checkWebhook(webhook.value(), problems));
        NetworkReader networks = new NetworkReader(spec, problems);
        networks.check();
        MachineReader machines = new MachineReader(name, spec, problems);
        machines.check(networks.provisioningCidr(), networks.reservations());
        if (name == null || problems.hasErrors()) {
            return null;
        }
        Reservations reservations = networks.reservations();
        List<Machine> all = reservations == null ? List.of() : machines.machines(reservations);
        if (problems.hasErrors()) {
            return null;
        }
        return new Cluster(name, distribution(spec.group(OfSpec.DISTRIBUTION)), boot(spec.group(OfSpec.BOOT)),
                networks.networks(), machines.pools(), all, networks.addressing(),
                handOff(spec.group(OfSpec.HAND_OFF)), metadata.get(OfMetadata.LABELS, Map.of()),
                spec.items(OfSpec.HOOKS).stream().map(At::value).map(ModelReader::hook).toList(),
                spec.items(OfSpec.WEBHOOKS).stream().map(At::value).map(ModelReader::webhook).toList());
    }

    private static void checkWebhook(GroupValue webhook, Problems problems) {
        List<String> known = Arrays.stream(Event.class.getPermittedSubclasses()).map(Class::getSimpleName).sorted()
                .toList();
        for (At<String> type : webhook.items(OfWebhook.EVENTS)) {
            if (!known.contains(type.value())) {
                problems.add(ProblemCode.EVENT_UNKNOWN, type.place(), "there is no event '" + type.value() + "'",
                        "one of " + String.join(", ", known),
                        DidYouMean.nearest(type.value(), known).map(word -> "Did you mean '" + word + "'?")
                                .orElse(ProblemCode.EVENT_UNKNOWN.remedy()));
            }
        }
    }

    private static Hook hook(GroupValue hook) {
        return new Hook(present(hook, OfHook.WHEN), hook.items(OfHook.COMMAND).stream().map(At::value).toList(),
                hook.get(OfHook.TIMEOUT, OfHook.DEFAULT_TIMEOUT), hook.get(OfHook.REQUIRED, true));
    }

    private static Webhook webhook(GroupValue webhook) {
        return new Webhook(present(webhook, OfWebhook.URL), webhook.get(OfWebhook.SECRET),
                webhook.items(OfWebhook.EVENTS).stream().map(At::value).toList());
    }

    /** A value that has been checked to be there. */
    static <T> T present(GroupValue group, Field<T> field) {
        T value = group.get(field);
        if (value == null) {
            throw new IllegalStateException(group.place().path() + " has no " + field.name() + ", unreported");
        }
        return value;
    }

    private static void checkDistribution(GroupValue distribution, Problems problems) {
        At<Distribution.Kind> kind = distribution.at(OfDistribution.NAME);
        At<String> version = distribution.at(OfDistribution.VERSION);
        if (kind == null) {
            return;
        }
        if (kind.value() != Distribution.Kind.K3S) {
            problems.add(ProblemCode.DISTRIBUTION_NOT_YET, kind.place(),
                    "'" + Values.word(kind.value()) + "' cannot be formed, today", "k3s");
        } else if (version != null && !K3S_VERSION.matcher(version.value()).matches()) {
            problems.add(ProblemCode.BAD_VERSION, version.place(),
                    "'" + version.value() + "' is not a version of k3s", "a version such as v1.34.2+k3s1",
                    "Copy the name of a release of k3s; channels such as 'stable' are not resolved.");
        }
    }

    private static void checkBoot(GroupValue boot, Problems problems) {
        At<BootSettings.Method> method = boot.at(OfBoot.METHOD);
        if (method != null && method.value() != BootSettings.Method.PXE) {
            problems.add(ProblemCode.BOOT_METHOD_NOT_YET, method.place(),
                    "machines cannot be started by '" + Values.word(method.value()) + "', today", "pxe");
        }
    }

    private static void checkHandOff(GroupValue handOff, Problems problems) {
        At<String> remote = handOff.at(OfHandOff.REMOTE);
        if (remote != null && URL_WITH_SECRET.matcher(remote.value()).matches()) {
            problems.add(ProblemCode.SECRET_IN_DEFINITION, remote.place(), "the address holds a password or a token",
                    "an address without it");
        }
    }

    private static Distribution distribution(GroupValue distribution) {
        return new Distribution(present(distribution, OfDistribution.NAME),
                present(distribution, OfDistribution.VERSION), distribution.get(OfDistribution.SETTINGS, Map.of()));
    }

    private static BootSettings boot(GroupValue boot) {
        return new BootSettings(boot.get(OfBoot.METHOD, BootSettings.Method.PXE),
                boot.get(OfBoot.DHCP, BootSettings.Dhcp.SERVER), boot.get(OfBoot.KERNEL_ARGUMENTS, ""));
    }

    private static HandOff handOff(GroupValue handOff) {
        return new HandOff(handOff.get(OfHandOff.BRANCH, OfHandOff.DEFAULT_BRANCH), handOff.get(OfHandOff.REMOTE),
                handOff.items(OfHandOff.APPS).stream().map(At::value).toList());
    }
}
