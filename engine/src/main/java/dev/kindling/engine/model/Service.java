package dev.kindling.engine.model;

import java.util.List;
import java.util.Map;

/**
 * Something beside Kubernetes that the cluster needs.
 *
 * @param name unique in its cluster
 * @param settings passed on as they are
 * @param dependsOn names of services that are up before; no cycle
 * @param required false: the cluster is formed without it where it cannot be had
 */
public record Service(String name, Type type, Map<String, String> settings, List<String> dependsOn, boolean required) {
    public Service {
        settings = Map.copyOf(settings);
        dependsOn = List.copyOf(dependsOn);
    }

    /** What a service does. */
    public enum Type {
        DNS,
        DHCP,
        PXE,
        LOAD_BALANCER,
        STORAGE,
        MONITORING,
        INGRESS,
        REGISTRY,
        TIME;

        /** Whether the boot service of every run is this service. */
        public boolean isBootService() {
            return this == DHCP || this == PXE;
        }
    }
}
