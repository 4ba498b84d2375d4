package dev.kindling.engine.model;

import org.jspecify.annotations.Nullable;

/**
 * The Proxmox VE that machines of the kind {@link Machine.Kind#PROXMOX} are made on.
 *
 * @param endpoint of its API; null: not said
 * @param credentials name of the secret that holds the API token, never its value; null: not said
 * @param vmidPrefix machine 1 of the cluster is VM {@code 401} where this is 40; null: Proxmox chooses the number
 */
public record Proxmox(@Nullable String endpoint, @Nullable String credentials, @Nullable Integer vmidPrefix) {
    public static final Proxmox UNSAID = new Proxmox(null, null, null);
}
