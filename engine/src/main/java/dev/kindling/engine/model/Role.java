package dev.kindling.engine.model;

/** What a machine is for in its cluster. */
public enum Role {
    CONTROL_PLANE,
    WORKER,
    INFRA,
    BOOTSTRAP,
    BASTION
}
