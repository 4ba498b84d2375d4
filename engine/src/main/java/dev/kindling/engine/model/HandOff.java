package dev.kindling.engine.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the cluster is given when it runs.
 *
 * @param branch that the GitOps tree is committed to
 * @param remote that it is pushed to; null: it stays in the workspace's bare repository
 * @param apps names of core apps to write Argo CD Applications for, such as {@code cert-manager}
 */
public record HandOff(String branch, @Nullable String remote, List<String> apps) {
    public HandOff {
        apps = List.copyOf(apps);
    }
}
