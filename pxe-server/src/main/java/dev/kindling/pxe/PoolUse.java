package dev.kindling.pxe;

/**
 * How far the addresses of one network are used.
 *
 * @param network as it was configured, such as {@code 10.77.0.1/24}
 * @param pool addresses of the pool, {@link Long#MAX_VALUE} where there are more; 0: no pool
 * @param free of those; reserved ones count as free until they are leased
 * @param leased acknowledged and not ended, in the pool or reserved
 * @param offered and not yet asked for
 * @param quarantined found in use by a stranger
 */
public record PoolUse(String network, long pool, long free, long leased, long offered, long quarantined) {}
