package dev.kindling.engine.model;

import java.util.Map;

/**
 * Which Kubernetes.
 *
 * @param kind which one
 * @param version as the distribution writes it, for example {@code v1.34.2+k3s1}; or the channel
 * @param channel true: {@code version} is a channel such as {@code stable}, and the version is the channel's newest
 * @param settings distribution settings, passed on as they are
 */
public record Distribution(Kind kind, String version, boolean channel, Map<String, String> settings) {
    /** A version, no channel. */
    public Distribution(Kind kind, String version, Map<String, String> settings) {
        this(kind, version, false, settings);
    }

    public Distribution {
        settings = Map.copyOf(settings);
    }

    /** The distributions that a definition may name. */
    public enum Kind {
        K3S,
        RKE2,
        KUBEADM,
        TALOS,
        MICROK8S,
        OKD
    }
}
