package dev.kindling.engine.model;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * Addresses that belong to the cluster and to no machine.
 *
 * @param vip of the control plane; null: the primer's address is the API's address
 * @param loadBalancerRange for services of type LoadBalancer (MetalLB); null: none
 */
public record Addressing(@Nullable InetAddress vip, @Nullable AddressRange loadBalancerRange, Cidr podCidr,
        Cidr serviceCidr) {}
