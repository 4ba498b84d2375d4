package dev.kindling.engine.model;

import java.util.List;

/**
 * How closed the cluster is.
 *
 * @param authorizedKeys SSH public keys of those who may log in to machines
 * @param secureBoot machines must boot with Secure Boot
 * @param encryptSecrets Kubernetes secrets are encrypted at rest
 * @param auditLog the API server keeps an audit log
 */
public record Security(List<String> authorizedKeys, boolean secureBoot, boolean encryptSecrets, boolean auditLog,
        NetworkPolicy networkPolicy, PodSecurity podSecurity) {
    /** Nothing is asked for. */
    public static final Security DEFAULT = new Security(List.of(), false, false, false, NetworkPolicy.OPEN,
            PodSecurity.PRIVILEGED);

    public Security {
        authorizedKeys = List.copyOf(authorizedKeys);
    }

    /** What pods may reach, unless a policy of theirs says otherwise. */
    public enum NetworkPolicy {
        OPEN,
        CLOSED
    }

    /** The Pod Security Standard that namespaces enforce, unless they say otherwise. */
    public enum PodSecurity {
        PRIVILEGED,
        BASELINE,
        RESTRICTED
    }
}
