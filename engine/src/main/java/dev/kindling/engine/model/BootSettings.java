package dev.kindling.engine.model;

/**
 * How machines get their first program.
 *
 * @param method how
 * @param dhcp whether we give the addresses, or a foreign DHCP server does and we only say what to boot
 * @param kernelArguments appended to the stage's kernel command line, may be empty
 * @param config name of the install config that machines are given; empty: that of the distribution for their role
 */
public record BootSettings(Method method, Dhcp dhcp, String kernelArguments, String config) {
    /** With the distribution's own install configs. */
    public BootSettings(Method method, Dhcp dhcp, String kernelArguments) {
        this(method, dhcp, kernelArguments, "");
    }

    /** Boot method. */
    public enum Method {
        PXE,
        ISO,
        TEMPLATE,
        /** From a medium first, over the network after. */
        HYBRID
    }

    /** Role of our DHCP on the provisioning network. */
    public enum Dhcp {
        SERVER,
        PROXY
    }
}
