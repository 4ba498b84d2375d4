package dev.kindling.engine.model;

import java.util.List;

/**
 * A kind of hardware that pools refer to.
 *
 * @param name DNS label
 * @param minimum what a machine of this class has at least
 * @param tags words for people and scripts
 */
public record HardwareClass(String name, NodePool.Sizing minimum, List<String> tags) {
    public HardwareClass {
        tags = List.copyOf(tags);
    }
}
