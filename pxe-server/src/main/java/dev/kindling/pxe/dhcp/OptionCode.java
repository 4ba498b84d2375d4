package dev.kindling.pxe.dhcp;

/** The option codes that network boot needs, by their names in the IANA registry of BOOTP and DHCP parameters. */
public final class OptionCode {
    public static final int PAD = 0;
    public static final int SUBNET_MASK = 1;
    public static final int ROUTER = 3;
    public static final int DOMAIN_SERVER = 6;
    public static final int HOST_NAME = 12;
    public static final int DOMAIN_NAME = 15;
    public static final int BROADCAST_ADDRESS = 28;
    public static final int VENDOR_SPECIFIC = 43;
    public static final int REQUESTED_ADDRESS = 50;
    public static final int LEASE_TIME = 51;
    public static final int OVERLOAD = 52;
    public static final int MESSAGE_TYPE = 53;
    public static final int SERVER_ID = 54;
    public static final int PARAMETER_LIST = 55;
    public static final int MESSAGE = 56;
    public static final int MAX_MESSAGE_SIZE = 57;
    public static final int RENEWAL_TIME = 58;
    public static final int REBINDING_TIME = 59;
    public static final int VENDOR_CLASS = 60;
    public static final int CLIENT_ID = 61;
    public static final int TFTP_SERVER_NAME = 66;
    public static final int BOOT_FILE_NAME = 67;
    public static final int USER_CLASS = 77;
    public static final int RELAY_AGENT_INFORMATION = 82;
    public static final int CLIENT_ARCHITECTURE = 93;
    public static final int CLIENT_NETWORK_INTERFACE = 94;
    public static final int CLIENT_UUID = 97;
    /** RFC 3011. */
    public static final int SUBNET_SELECTION = 118;
    /** Etherboot and iPXE encapsulated options. */
    public static final int IPXE = 175;
    public static final int END = 255;

    /** Sub-options of {@link #VENDOR_SPECIFIC} (PXE 2.1 table 2-1). */
    public static final int PXE_DISCOVERY_CONTROL = 6;
    public static final int PXE_BOOT_SERVERS = 8;
    public static final int PXE_BOOT_MENU = 9;
    public static final int PXE_MENU_PROMPT = 10;
    public static final int PXE_BOOT_ITEM = 71;
    /** Sub-options of {@link #IPXE}: with value 1 iPXE does not wait for ProxyDHCP offers. */
    public static final int IPXE_NO_PROXY_DHCP = 176;

    private OptionCode() {}
}
