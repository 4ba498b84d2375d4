package dev.kindling.engine.model;

/**
 * How machines get their first program.
 *
 * @param method how
 * @param dhcp whether we give the addresses, or a foreign DHCP server does and we only say what to boot
 * @param kernelArguments appended to the stage's kernel command line, may be empty
 */
public record BootSettings(Method method, Dhcp dhcp, String kernelArguments) {
    /** Boot method. */
    public enum Method {
        PXE, ISO, TEMPLATE
    }

    /** Role of our DHCP on the provisioning network. */
    public enum Dhcp {
        SERVER, PROXY
    }
}
