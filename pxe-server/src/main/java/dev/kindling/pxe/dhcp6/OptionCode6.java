package dev.kindling.pxe.dhcp6;

/** Codes of the IANA registry "DHCPv6 Option Codes". */
final class OptionCode6 {
    static final int CLIENT_ID = 1;
    static final int SERVER_ID = 2;
    static final int IA_NA = 3;
    static final int IA_TA = 4;
    static final int IA_ADDRESS = 5;
    static final int OPTION_REQUEST = 6;
    static final int PREFERENCE = 7;
    static final int RELAY_MESSAGE = 9;
    static final int STATUS_CODE = 13;
    static final int RAPID_COMMIT = 14;
    static final int USER_CLASS = 15;
    static final int VENDOR_CLASS = 16;
    static final int INTERFACE_ID = 18;
    static final int DNS_SERVERS = 23;
    static final int DOMAIN_LIST = 24;
    static final int IA_PD = 25;
    /** RFC 5970. */
    static final int BOOT_FILE_URL = 59;
    /** RFC 5970: processor architecture types, as DHCPv4's option 93. */
    static final int CLIENT_ARCHITECTURE = 61;
    /** RFC 6939: told by a relay agent. */
    static final int CLIENT_LINK_LAYER_ADDRESS = 79;
    /** RFC 8415 section 21.24. */
    static final int SOL_MAX_RT = 82;

    private OptionCode6() {}
}
