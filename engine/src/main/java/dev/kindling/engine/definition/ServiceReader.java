package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Format.OfService;

import dev.kindling.engine.model.Service;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Judges services and their order, and makes the model's of them. */
final class ServiceReader {
    private final List<GroupValue> services;
    private final boolean allReadable;
    private final Map<String, GroupValue> byName = new LinkedHashMap<>();
    private final Problems problems;

    ServiceReader(GroupValue spec, Problems problems) {
        Shape.Items<GroupValue> written = spec.get(Format.OfSpec.SERVICES);
        this.services = written == null ? List.of() : written.values();
        this.allReadable = written == null || (written.written() == services.size()
                && services.stream().allMatch(service -> service.get(OfService.NAME) != null));
        this.problems = problems;
        for (GroupValue service : services) {
            String name = service.get(OfService.NAME);
            if (name != null) {
                byName.putIfAbsent(name, service);
            }
        }
    }

    void check() {
        Map<String, Place> names = new HashMap<>();
        for (GroupValue service : services) {
            At<String> name = service.at(OfService.NAME);
            Place first = name == null ? null : names.putIfAbsent(name.value(), name.place());
            if (name != null && first != null) {
                problems.add(ProblemCode.NAME_DUPLICATE, name.place(),
                        "the service '" + name.value() + "' was named before: " + first.withLine(),
                        "each service once");
            }
            checkType(service);
            service.items(OfService.DEPENDS_ON).forEach(wanted -> checkDependency(service, wanted));
        }
        checkCycles();
    }

    private void checkType(GroupValue service) {
        if (service.get(OfService.NAME) == null || service.broken(OfService.TYPE)) {
            return;
        }
        Service.Type type = type(service);
        if (type == null) {
            problems.add(ProblemCode.SERVICE_TYPE_UNKNOWN, service.place().below(OfService.TYPE.name()),
                    "the service '" + service.get(OfService.NAME) + "' has no 'type'", OfService.TYPE.shape().called());
        } else if (!type.isBootService()) {
            Place place = service.placeOf(service.states(OfService.TYPE) ? OfService.TYPE : OfService.NAME);
            if (service.get(OfService.REQUIRED, true)) {
                problems.add(ProblemCode.SERVICE_NOT_YET, place,
                        "a service of the type '" + Values.word(type) + "' cannot be set up, today",
                        "the services dhcp and pxe");
            } else {
                problems.add(ProblemCode.NO_EFFECT_YET, place,
                        "a service of the type '" + Values.word(type) + "' is left out, today",
                        "the services dhcp and pxe");
            }
        }
    }

    /** As stated, or as the name says; null where it says none. */
    private static Service.@Nullable Type type(GroupValue service) {
        Service.Type stated = service.get(OfService.TYPE);
        String name = service.get(OfService.NAME);
        return stated != null || name == null
                ? stated
                : Stream.of(Service.Type.values()).filter(type -> Values.word(type).equals(name)).findFirst()
                        .orElse(null);
    }

    private void checkDependency(GroupValue service, At<String> wanted) {
        GroupValue other = byName.get(wanted.value());
        if (other == null) {
            if (allReadable) {
                Optional<String> meant = DidYouMean.nearest(wanted.value(), byName.keySet());
                problems.add(ProblemCode.SERVICE_UNKNOWN, wanted.place(),
                        "there is no service '" + wanted.value() + "'", "one of " + String.join(", ", byName.keySet()),
                        meant.map(word -> "Did you mean '" + word + "'?")
                                .orElse(ProblemCode.SERVICE_UNKNOWN.remedy()));
            }
            return;
        }
        At<Integer> own = service.at(OfService.START_ORDER);
        At<Integer> before = other.at(OfService.START_ORDER);
        if (own != null && before != null && own.value() < before.value()) {
            problems.add(ProblemCode.SERVICE_ORDER, own.place(),
                    "it is started before '" + wanted.value() + "', which it depends on and whose 'startOrder' is "
                            + before.value(),
                    "at least " + before.value());
        }
    }

    /** Each circle is told once, at the first of its services. */
    private void checkCycles() {
        Set<String> done = new HashSet<>();
        for (String name : byName.keySet()) {
            walk(name, new ArrayList<>(), done);
        }
    }

    private void walk(String name, List<String> way, Set<String> done) {
        int start = way.indexOf(name);
        if (start >= 0) {
            GroupValue first = byName.get(name);
            if (first != null) {
                String circle = Stream.concat(way.subList(start, way.size()).stream(), Stream.of(name))
                        .collect(Collectors.joining(" -> "));
                problems.add(ProblemCode.SERVICE_CYCLE, first.placeOf(OfService.DEPENDS_ON), circle,
                        "services that depend on each other in one direction");
            }
            return;
        }
        GroupValue service = byName.get(name);
        if (service == null || done.contains(name)) {
            return;
        }
        way.add(name);
        for (At<String> wanted : service.items(OfService.DEPENDS_ON)) {
            walk(wanted.value(), way, done);
        }
        way.removeLast();
        done.add(name);
    }

    /** In the order in which they can be started. Only for a definition without errors. */
    List<Service> services() {
        List<GroupValue> ordered = services.stream()
                .sorted((a, b) -> Integer.compare(a.get(OfService.START_ORDER, Integer.MAX_VALUE),
                        b.get(OfService.START_ORDER, Integer.MAX_VALUE)))
                .toList();
        Map<String, Service> started = new LinkedHashMap<>();
        ordered.forEach(service -> start(service, started));
        return List.copyOf(started.values());
    }

    private void start(GroupValue service, Map<String, Service> started) {
        String name = ModelReader.present(service, OfService.NAME);
        if (started.containsKey(name)) {
            return;
        }
        List<String> dependsOn = service.items(OfService.DEPENDS_ON).stream().map(At::value).distinct().toList();
        for (String wanted : dependsOn) {
            GroupValue before = byName.get(wanted);
            if (before != null) {
                start(before, started);
            }
        }
        Service.Type type = type(service);
        if (type == null) {
            throw new IllegalStateException("service " + name.toLowerCase(Locale.ROOT) + " has no type, unreported");
        }
        started.put(name, new Service(name, type, service.get(OfService.SETTINGS, Map.of()), dependsOn,
                service.get(OfService.REQUIRED, true)));
    }
}
