package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Format.OfBoot;
import static dev.kindling.engine.definition.Format.OfDistribution;
import static dev.kindling.engine.definition.Format.OfHandOff;
import static dev.kindling.engine.definition.Format.OfHardwareClass;
import static dev.kindling.engine.definition.Format.OfHook;
import static dev.kindling.engine.definition.Format.OfLimit;
import static dev.kindling.engine.definition.Format.OfLimits;
import static dev.kindling.engine.definition.Format.OfMetadata;
import static dev.kindling.engine.definition.Format.OfProxmox;
import static dev.kindling.engine.definition.Format.OfSecurity;
import static dev.kindling.engine.definition.Format.OfSpec;
import static dev.kindling.engine.definition.Format.OfValidation;
import static dev.kindling.engine.definition.Format.OfWebhook;

import dev.kindling.engine.api.Covered;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Checks;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Distribution;
import dev.kindling.engine.model.HandOff;
import dev.kindling.engine.model.HardwareClass;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Proxmox;
import dev.kindling.engine.model.Security;
import java.util.HashMap;
import dev.kindling.engine.model.Hook;
import dev.kindling.engine.model.Limits;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Webhook;
import java.time.Duration;
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
    private static final String KUBERNETES = "v1\\.\\d{1,3}\\.\\d{1,3}(-(?:alpha|beta|rc)\\.?\\d+)?";
    private static final Map<Distribution.Kind, Version> VERSIONS = Map.of(//
            Distribution.Kind.K3S, new Version("v1.34.2+k3s1", KUBERNETES + "\\+k3s\\d{1,3}"), //
            Distribution.Kind.RKE2, new Version("v1.34.2+rke2r1", KUBERNETES + "\\+rke2r\\d{1,3}"), //
            Distribution.Kind.KUBEADM, new Version("v1.34.2", KUBERNETES), //
            Distribution.Kind.TALOS, new Version("v1.11.0", KUBERNETES), //
            Distribution.Kind.MICROK8S, new Version("v1.32.9", "v?1\\.\\d{1,3}(\\.\\d{1,3})?(/[a-z]+)?"), //
            Distribution.Kind.OKD, new Version("4.19.0-okd-scos.1", "4\\.\\d{1,3}\\.\\d{1,3}([-+.][0-9A-Za-z.-]+)?"));
    /** A user name alone is no secret in an ssh address; in an https address it is a token, with most servers. */
    private static final Pattern URL_WITH_SECRET = Pattern
            .compile("(?i)([a-z][a-z0-9+.-]*://[^/@]*:[^/@]*@|https?://[^/@]+@).*");

    /** The form of a distribution's versions. */
    private record Version(String example, Pattern pattern) {
        Version(String example, String pattern) {
            this(example, Pattern.compile(pattern));
        }
    }

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

        checkHardwareClasses(spec, problems);
        checkSettings(spec, problems);
        ServiceReader services = new ServiceReader(spec, problems);
        services.check();
        checkDistribution(spec.group(OfSpec.DISTRIBUTION), problems);
        checkBoot(spec, problems);
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
        List<Machine> all = reservations == null ? List.of() : machines.machines(name, reservations);
        if (problems.hasErrors()) {
            return null;
        }
        return new Cluster(name, distribution(spec.group(OfSpec.DISTRIBUTION)), boot(spec.group(OfSpec.BOOT)),
                networks.networks(), machines.pools(), all, networks.addressing(),
                handOff(spec.group(OfSpec.HAND_OFF)), metadata.get(OfMetadata.LABELS, Map.of()),
                definition.get(Format.ENVIRONMENT, ""), hardwareClasses(spec), services.services(),
                security(spec.group(OfSpec.SECURITY)), checks(spec.group(OfSpec.VALIDATION)),
                proxmox(spec.group(OfSpec.PROXMOX)),
                spec.items(OfSpec.HOOKS).stream().map(At::value).map(ModelReader::hook).toList(),
                spec.items(OfSpec.WEBHOOKS).stream().map(At::value).map(ModelReader::webhook).toList(),
                limits(spec.group(OfSpec.LIMITS)));
    }

    private static void checkWebhook(GroupValue webhook, Problems problems) {
        At<String> url = webhook.at(OfWebhook.URL);
        if (url != null && !Covered.of(url.value()).equals(url.value())) {
            problems.add(ProblemCode.SECRET_IN_DEFINITION, url.place(), "the address holds a password or a token",
                    "an address without it",
                    "Remove it, change it if the file was shared, and let the receiver check the signature: secretName.");
        }
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

    private static Limits limits(GroupValue limits) {
        return new Limits(limit(limits.group(OfLimits.POWER)), limit(limits.group(OfLimits.WRITE)),
                limit(limits.group(OfLimits.LOCAL)));
    }

    private static Limits.Limit limit(GroupValue limit) {
        return new Limits.Limit(limit.get(OfLimit.PARALLEL, 0), limit.get(OfLimit.PAUSE, Duration.ZERO));
    }

    /** A value that has been checked to be there. */
    static <T> T present(GroupValue group, Field<T> field) {
        T value = group.get(field);
        if (value == null) {
            throw new IllegalStateException(group.place().path() + " has no " + field.name() + ", unreported");
        }
        return value;
    }

    private static void checkHardwareClasses(GroupValue spec, Problems problems) {
        Map<String, Place> names = new HashMap<>();
        for (At<GroupValue> hardwareClass : spec.items(OfSpec.HARDWARE_CLASSES)) {
            At<String> name = hardwareClass.value().at(OfHardwareClass.NAME);
            Place first = name == null ? null : names.putIfAbsent(name.value(), name.place());
            if (name != null && first != null) {
                problems.add(ProblemCode.NAME_DUPLICATE, name.place(),
                        "the hardware class '" + name.value() + "' was named before: " + first.withLine(),
                        "each hardware class once");
            }
        }
    }

    /** What is kept and changes nothing. */
    private static void checkSettings(GroupValue spec, Problems problems) {
        At<GroupValue> security = spec.at(OfSpec.SECURITY);
        if (security != null && !security(security.value()).equals(Security.DEFAULT)) {
            problems.add(ProblemCode.NO_EFFECT_YET, security.place(), "'security' changes nothing, today",
                    "what the distribution does by itself");
        }
        if (spec.group(OfSpec.DISTRIBUTION).get(OfDistribution.NAME) != Distribution.Kind.K3S) {
            return; // what it would look at is not known yet
        }
        for (At<Checks.Check> check : spec.group(OfSpec.VALIDATION).items(OfValidation.CHECKS)) {
            if (!check.value().isAlwaysDone()) {
                problems.add(ProblemCode.NO_EFFECT_YET, check.place(),
                        "'" + Values.word(check.value()) + "' is not looked at, today", "api and nodes");
            }
        }
    }

    private static void checkDistribution(GroupValue distribution, Problems problems) {
        At<Distribution.Kind> kind = distribution.at(OfDistribution.NAME);
        if (kind == null) {
            return;
        }
        if (kind.value() != Distribution.Kind.K3S) {
            problems.add(ProblemCode.DISTRIBUTION_NOT_YET, kind.place(),
                    "'" + Values.word(kind.value()) + "' cannot be formed, today", "k3s");
        } else if (distribution.at(OfDistribution.CHANNEL) != null) {
            problems.add(ProblemCode.CHANNEL_NOT_YET, distribution.placeOf(OfDistribution.CHANNEL),
                    "a channel is not resolved to a version, today", "'version'");
        }
        At<String> version = distribution.at(OfDistribution.VERSION);
        Version form = VERSIONS.get(kind.value());
        if (version != null && form != null && !form.pattern().matcher(version.value()).matches()) {
            problems.add(ProblemCode.BAD_VERSION, version.place(),
                    "'" + version.value() + "' is not a version of " + Values.word(kind.value()),
                    "a version such as " + form.example(),
                    "Copy the name of a release of " + Values.word(kind.value())
                            + "; a channel such as 'stable' is written as 'channel:'.");
        }
    }

    private static void checkBoot(GroupValue spec, Problems problems) {
        At<BootSettings.Method> method = spec.group(OfSpec.BOOT).at(OfBoot.METHOD);
        boolean used = spec.items(OfSpec.NODE_POOLS).stream()
                .anyMatch(pool -> !pool.value().group(Format.OfPool.BOOT).states(Format.OfPoolBoot.METHOD));
        if (method != null && method.value() != BootSettings.Method.PXE && used) {
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
        String version = distribution.get(OfDistribution.VERSION);
        return new Distribution(present(distribution, OfDistribution.NAME),
                version != null ? version : present(distribution, OfDistribution.CHANNEL), version == null,
                distribution.get(OfDistribution.SETTINGS, Map.of()));
    }

    static BootSettings boot(GroupValue boot) {
        return new BootSettings(boot.get(OfBoot.METHOD, BootSettings.Method.PXE),
                boot.get(OfBoot.DHCP, BootSettings.Dhcp.SERVER), boot.get(OfBoot.KERNEL_ARGUMENTS, ""));
    }

    private static List<HardwareClass> hardwareClasses(GroupValue spec) {
        return spec.items(OfSpec.HARDWARE_CLASSES).stream().map(At::value)
                .map(each -> new HardwareClass(present(each, OfHardwareClass.NAME),
                        PoolReader.minimum(each.group(OfHardwareClass.MINIMUM), null),
                        each.items(OfHardwareClass.TAGS).stream().map(At::value).toList()))
                .toList();
    }

    private static Security security(GroupValue security) {
        return new Security(security.items(OfSecurity.AUTHORIZED_KEYS).stream().map(At::value).toList(),
                security.get(OfSecurity.SECURE_BOOT, false), security.get(OfSecurity.ENCRYPT_SECRETS, false),
                security.get(OfSecurity.AUDIT_LOG, false),
                security.get(OfSecurity.NETWORK_POLICY, Security.NetworkPolicy.OPEN),
                security.get(OfSecurity.POD_SECURITY, Security.PodSecurity.PRIVILEGED));
    }

    private static Checks checks(GroupValue validation) {
        return new Checks(validation.get(OfValidation.TIMEOUT, Checks.DEFAULT.timeout()),
                validation.items(OfValidation.CHECKS).stream().map(At::value).toList());
    }

    private static Proxmox proxmox(GroupValue proxmox) {
        return new Proxmox(proxmox.get(OfProxmox.ENDPOINT), proxmox.get(OfProxmox.CREDENTIALS),
                proxmox.get(OfProxmox.VMID_PREFIX));
    }

    private static HandOff handOff(GroupValue handOff) {
        return new HandOff(handOff.get(OfHandOff.BRANCH, OfHandOff.DEFAULT_BRANCH), handOff.get(OfHandOff.REMOTE),
                handOff.items(OfHandOff.APPS).stream().map(At::value).toList());
    }
}
