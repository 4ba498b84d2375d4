package dev.kindling.engine.distribution;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** The API of a running cluster, through an admin kubeconfig. Client classes are loaded here and nowhere else. */
public final class KubeApi implements AutoCloseable {
    private final KubernetesClient client;

    public KubeApi(String kubeconfig) {
        Config config = Config.fromKubeconfig(kubeconfig);
        config.setConnectionTimeout(3_000);
        config.setRequestTimeout(10_000);
        // our steps retry, and say that they do
        config.setRequestRetryBackoffLimit(0);
        this.client = new KubernetesClientBuilder().withConfig(config).build();
    }

    /** Where the control plane of a kubeconfig listens: a URL without a slash at the end. */
    public static String server(String kubeconfig) {
        String url = Config.fromKubeconfig(kubeconfig).getMasterUrl();
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /** What {@code /readyz} says; {@code ok} where the control plane is ready. */
    public String readyz() throws IOException {
        try {
            String answer = client.raw("/readyz");
            return answer == null ? "not found" : answer.strip();
        } catch (KubernetesClientException e) {
            throw failure("/readyz", e);
        }
    }

    /** For example {@code v1.34.2+k3s1}. */
    public String version() throws IOException {
        try {
            return client.getKubernetesVersion().getGitVersion();
        } catch (KubernetesClientException e) {
            throw failure("/version", e);
        }
    }

    /** Whether each node is Ready, by name. */
    public Map<String, Boolean> nodes() throws IOException {
        try {
            var ready = new TreeMap<String, Boolean>();
            for (Node node : client.nodes().list().getItems()) {
                ready.put(node.getMetadata().getName(), node.getStatus().getConditions().stream().anyMatch(
                        condition -> condition.getType().equals("Ready") && condition.getStatus().equals("True")));
            }
            return ready;
        } catch (KubernetesClientException e) {
            throw failure("/api/v1/nodes", e);
        }
    }

    private IOException failure(String path, KubernetesClientException e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return new IOException(client.getMasterUrl() + path.substring(1) + ": " + cause.getMessage(), e);
    }

    @Override
    public void close() {
        client.close();
    }
}
