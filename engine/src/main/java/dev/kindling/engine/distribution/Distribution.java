package dev.kindling.engine.distribution;

import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import java.util.List;
import java.util.Optional;

/** Forms one cluster of one kind of Kubernetes. */
public interface Distribution {
    /**
     * The steps from running systems to Ready nodes. The step {@code boot/MACHINE} comes before; the last one has the
     * id {@link #NODES_READY}.
     */
    List<Step> steps();

    /**
     * The install config of a machine in the form of docs/machine-protocol.md, from the moment that its step has begun.
     * It holds secrets.
     */
    Optional<String> installConfig(Machine machine);

    /** Takes the admin kubeconfig from the primer. */
    void kubeconfigReceived(String kubeconfig);

    /** Id of the step after which the cluster can be handed off. */
    String NODES_READY = "nodes/ready";
}
