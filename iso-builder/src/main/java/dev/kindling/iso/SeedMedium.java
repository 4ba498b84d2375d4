package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.time.Instant;
import java.util.Optional;

/**
 * A small medium beside the installation medium, that tells a machine who it is and how to install itself; found by its
 * label.
 */
public final class SeedMedium {
    /** What reads it. The volume's label follows. */
    public enum Kind {
        /** cloud-init's NoCloud, Ubuntu's autoinstall. */
        CIDATA("cidata"),
        /** OpenStack's config drive, which cloud-init and Ignition read. */
        CONFIG_2("config-2"),
        /** Anaconda's kickstart (Fedora, Red Hat and alike): user data is ks.cfg. */
        OEMDRV("OEMDRV"),
        /** Talos: user data is config.yaml. */
        METAL_ISO("metal-iso");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }

        /** By label, in any case. */
        public static Kind of(String label) {
            for (Kind kind : values()) {
                if (kind.label.equalsIgnoreCase(label)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("a seed's label is '" + label
                    + "': expected cidata, config-2, OEMDRV or metal-iso");
        }
    }

    private SeedMedium() {}

    /**
     * The medium.
     *
     * @param metaData empty: with an instance id that is made of the user data
     * @param time of everything on it
     * @throws IllegalArgumentException where a part is given that this kind has no place for
     */
    public static MediaSpec of(Kind kind, byte[] userData, Optional<byte[]> metaData, Optional<byte[]> network,
            Optional<byte[]> vendorData, Instant time) {
        Tree tree = new Tree(Node.Attributes.directory(time));
        switch (kind) {
            case CIDATA -> {
                // Without meta-data cloud-init takes the medium for none of its own.
                put(tree, "meta-data", metaData.orElseGet(() -> bytes("instance-id: " + id(userData) + "\n")), time);
                put(tree, "user-data", userData, time);
                network.ifPresent(each -> put(tree, "network-config", each, time));
                vendorData.ifPresent(each -> put(tree, "vendor-data", each, time));
            }
            case CONFIG_2 -> {
                put(tree, "openstack/latest/meta_data.json",
                        metaData.orElseGet(() -> bytes("{\"uuid\": \"" + id(userData) + "\"}\n")), time);
                put(tree, "openstack/latest/user_data", userData, time);
                network.ifPresent(each -> put(tree, "openstack/latest/network_data.json", each, time));
                vendorData.ifPresent(each -> put(tree, "openstack/latest/vendor_data.json", each, time));
            }
            case OEMDRV, METAL_ISO -> {
                if (metaData.isPresent() || network.isPresent() || vendorData.isPresent()) {
                    throw new IllegalArgumentException("a medium called " + kind.label()
                            + " holds one file, the user data: no meta data, network config or vendor data");
                }
                put(tree, kind == Kind.OEMDRV ? "ks.cfg" : "config.yaml", userData, time);
            }
        }
        return MediaSpec.of(tree, kind.label()).withEpoch(time);
    }

    private static void put(Tree tree, String path, byte[] content, Instant time) {
        tree.put(path, new Node.File(Node.Attributes.file(time), Content.of(content)));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    /** Another user data is another instance: cloud-init runs anew. */
    private static String id(byte[] userData) {
        return java.util.UUID.nameUUIDFromBytes(userData).toString();
    }
}
