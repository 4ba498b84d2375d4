package dev.kindling.engine.model;

import java.util.Map;

/**
 * Which Kubernetes.
 *
 * @param kind which one
 * @param version as the distribution writes it, for example {@code v1.34.2+k3s1}
 * @param settings distribution settings, passed on as they are
 */
public record Distribution(Kind kind, String version, Map<String, String> settings) {
    public Distribution {
        settings = Map.copyOf(settings);
    }

    /** The distributions that a definition may name. */
    public enum Kind {
        K3S, RKE2, KUBEADM, TALOS, MICROK8S, OKD
    }
}
