package dev.kindling.engine.definition;

import dev.kindling.engine.api.Problem.Severity;
import java.util.Locale;

/**
 * Everything that can be wrong with a definition. The names are stable: scripts and searches use them in lower case
 * with dashes. The one table behind {@code docs/reference/problems.md}.
 */
enum ProblemCode {
    // the text
    TOO_LARGE("The file is larger than any definition needs to be.",
            "Split the machines into several clusters; look for content that was pasted by mistake."),
    CONTROL_CHARACTER(
            "The text holds a character that no editor shows.",
            "Delete the character, and save the file as UTF-8."),
    EMPTY("There is nothing in the file.",
            "Start from an example, or write one with 'kindling init FILE'."),
    YAML_SYNTAX(
            "The text is neither YAML nor JSON.",
            "Mend the line that is named, or the one before it."),
    YAML_TAB(
            "YAML is indented with spaces; a tab was found.",
            "Replace the tab by spaces."),
    SEVERAL_DOCUMENTS(
            "The file holds more than one YAML document.",
            "Put each cluster into a file of its own."),
    YAML_ANCHOR(
            "YAML anchors, aliases and merge keys are not used in definitions: each value stands where it counts.",
            "Write the value out at each place."),
    YAML_TAG(
            "YAML tags are not used in definitions.",
            "Remove the word that begins with '!'."),
    TOO_DEEP(
            "The text is nested deeper than the format.",
            "Look for indentation that grows by mistake."),
    TOO_MANY_PROBLEMS(
            "Only the first thousand problems are listed.",
            "Mend these first; many may have one cause."),
    DUPLICATE_KEY(
            "A key is written twice in one group.",
            "Delete one of the two."),
    YAML_INDENTATION(
            "The indentation does not show what a line belongs to.",
            "Give lines of one group the same number of spaces, and lines below a key two more."),
    YAML_QUOTE(
            "A quote is missing, or there is one too many.",
            "Put quotes around the whole value."),
    YAML_BRACKET(
            "A bracket or a comma is missing, or there is one too many.",
            "Close each bracket that is opened."),
    YAML_COLON(
            "A ':' is missing, or there is one too many.",
            "Write KEY: VALUE with a space after the ':', and quotes around a value that holds one."),
    // the shape
    API_VERSION("The format version is not the one that this program reads.",
            "Write 'apiVersion: kindling.dev/v1'."),
    KIND("The file is not a cluster definition.",
            "Write 'kind: Cluster'."),
    UNKNOWN_KEY("The format has no such key here.",
            "Delete it, or look it up in docs/reference/definition.md."),
    MISSING(
            "A key that is always needed is not there.", "Add it."),
    EMPTY_VALUE(
            "A key has no value.", "Write a value, or delete the key."),
    WRONG_TYPE(
            "The value is of the wrong kind.",
            "Write it as expected."),
    BAD_CHOICE(
            "The word is not one of those that are allowed.",
            "Use one of them."),
    OUT_OF_RANGE(
            "The number is too small or too large.",
            "Use a number in the range."),
    LIST_LENGTH(
            "A list has too few or too many items.",
            "Add or remove items."),
    BAD_NAME(
            "A name is not a DNS label, or too long.",
            "Use 1 to 63 lower-case letters, digits and dashes, with a letter or digit at both ends."),
    BAD_DOMAIN(
            "Not a DNS domain.",
            "Use labels with dots between them, such as lab.example."),
    BAD_MAC(
            "Not the MAC address of a network port.",
            "Write six pairs of hexadecimal digits with colons, as printed on the machine or shown by 'ip link'."),
    BAD_ADDRESS(
            "Not an IP address.",
            "Write the address itself, without prefix length or name."),
    BAD_CIDR(
            "Not a network in CIDR form.",
            "Write the network's first address and the prefix length."),
    BAD_RANGE(
            "Not a range of addresses.",
            "Write FIRST-LAST with two full addresses, the smaller one first."),
    BAD_UUID(
            "Not a UUID.",
            "Write it as 'dmidecode -s system-uuid' prints it."),
    BAD_SIZE(
            "Not a size.",
            "Write a whole number with Mi, Gi or Ti, such as 4Gi."),
    BAD_SERIAL(
            "Not a disk serial number or WWN.",
            "Copy it from 'lsblk -o NAME,SERIAL,WWN', or from the label of the disk."),
    BAD_INTERFACE(
            "Not the name of a network interface.",
            "Use the name that 'ip link' shows, such as eno1."),
    BAD_VERSION(
            "Not a version of the distribution.",
            "Write the version as the distribution writes it."),
    BAD_KERNEL_ARGUMENTS(
            "Not usable on the kernel command line of a boot script.",
            "Use words such as console=ttyS0,115200n8, and none that begins with 'kindling.'."),
    BAD_BRANCH(
            "Not the name of a Git branch.",
            "Use a name such as main."),
    BAD_REMOTE(
            "Not the address of a Git repository.",
            "Write an https or ssh address, or a path, such as git@example.com:lab/clusters.git."),
    BAD_HOST(
            "Not a host name or an IP address.",
            "Write the name or the address alone, without 'https://' and path."),
    BAD_SECRET_NAME(
            "Not the name of a secret.",
            "Write a name such as lab/bmc: the value is kept in the secret store, never here."),
    BAD_ENDPOINT(
            "Not the address of an API.",
            "Write https://HOST:PORT, without user and password."),
    BAD_PUBLIC_KEY(
            "Not an SSH public key.",
            "Copy the one line of a file that ends in .pub. The private key belongs into no file but its own."),
    BAD_DURATION(
            "Not a duration.",
            "Write a whole number with s, m or h, such as 45m."),
    VERSION_AMBIGUOUS(
            "A version and a channel: one of the two decides.",
            "Delete one of the two."),
    BAD_TEXT(
            "Text that is too long, or has line breaks.",
            "Shorten it to one line."),
    SECRET_IN_DEFINITION(
            "A password or a token is written in the definition, where it ends up in Git, plans and reports.",
            "Remove it, change it if the file was shared, and let Git find it in its credential store or an SSH key."),
    // runs
    BAD_URL(
            "Not an address of the web, or one with a user name in it.",
            "Write an http or https URL, such as https://ci.example/kindling."),
    EVENT_UNKNOWN(
            "There is no event of this type.", "Use a type that docs/reference/runs.md lists."),
    // networks
    NETWORK_UNUSABLE("A network that machines cannot be on: too small, too large, multicast or link-local.",
            "Use a private network such as 10.77.0.0/24."),
    NETWORK_OVERLAP(
            "Two networks share addresses.", "Give each network its own addresses."),
    VLAN_DUPLICATE(
            "Two networks are on the same VLAN of the same ports.",
            "Give each network its own VLAN."),
    CIDR_OVERLAP(
            "The addresses of pods, services and machines overlap; the cluster could not tell them apart.",
            "Choose a podCidr and a serviceCidr that nothing else uses."),
    GATEWAY_OUTSIDE_NETWORK(
            "The gateway cannot be reached: it is not an address of its network.",
            "Use the router's address on this network."),
    BOOT_SERVER_MISSING(
            "The provisioning network has no address for this computer.",
            "Add 'bootServer:' with the address that this computer has on the first network."),
    BOOT_SERVER_OUTSIDE_NETWORK(
            "The boot server's address is not one of its network.",
            "Use the address that this computer has on this network."),
    POOL_OUTSIDE_NETWORK(
            "The DHCP pool is not inside its network.",
            "Choose a range inside of the network, without its first and last address."),
    POOL_HOLDS_RESERVED(
            "The DHCP pool holds an address that belongs to something else.",
            "Move the pool, so that this address is outside."),
    VIP_OUTSIDE_NETWORK(
            "The virtual address is not one of the provisioning network.",
            "Use a free address of the first network."),
    VIP_IN_POOL(
            "The virtual address would be leased to a machine.",
            "Use an address outside of the DHCP pool."),
    RANGE_OVERLAP(
            "Two uses of the same addresses.",
            "Choose ranges that share no address."),
    BOND_PORTS(
            "A bond combines at least two ports.",
            "Name two or more ports, or remove 'bond'."),
    PORTS_WITHOUT_BOND(
            "Several ports without a bond or a bridge: it is not said how they work together.",
            "Add 'bond: lacp' or 'bond: active-backup', or a bridge, or name one port."),
    PORT_DUPLICATE(
            "A port is named twice.",
            "Delete one of the two."),
    PORT_CONFLICT(
            "A port is combined in two different ways.",
            "Give both networks the same ports and the same bond; VLANs keep them apart."),
    BRIDGE_DUPLICATE(
            "Two networks would use one bridge, and so be one network.",
            "Give each bridge its own name."),
    LOOPBACK_NETWORK(
            "Addresses 127.0.0.0/8 never leave a computer: only simulated machines can live there.",
            "Use a private network such as 10.77.0.0/24."),
    SIMULATED_NETWORK(
            "Simulated machines are programs on this computer's loopback interface.",
            "Use a provisioning network inside 127.0.0.0/8, such as 127.77.0.0/16."),
    NETWORK_FULL(
            "The provisioning network has too few free addresses for its machines.",
            "Use a larger network, or a smaller DHCP pool."),
    // pools and machines
    NAME_DUPLICATE("A name is used twice.", "Give each its own name."),
    MAC_DUPLICATE(
            "Two machines have one MAC address.",
            "Look at the label or at 'ip link' of the second one."),
    UUID_DUPLICATE("Two machines have one UUID.",
            "Remove 'uuid' where the maker gave several machines the same one, or correct it."),
    DISK_DUPLICATE(
            "Two machines name the same disk to be written.",
            "Look up the serial of the second one's disk."),
    DISK_MISSING(
            "It is not said which disk may be written. Kindling never picks one, not even an only one.",
            "Add 'disk: {serial: ...}' or 'disk: {wwn: ...}': see 'lsblk -o NAME,SIZE,MODEL,SERIAL,WWN'."),
    DISK_AMBIGUOUS(
            "A disk is named by its serial or by its WWN, by one of the two.",
            "Delete one of the two."),
    ADDRESS_DUPLICATE(
            "Two machines have one address.",
            "Give each its own, or leave 'address' out to have one assigned."),
    ADDRESS_OUTSIDE_NETWORK(
            "The address is not one of the provisioning network.",
            "Use an address of the first network, or leave 'address' out to have one assigned."),
    ADDRESS_IN_POOL(
            "The address could be leased to another machine.",
            "Use an address outside of the DHCP pool, or leave 'address' out to have one assigned."),
    ADDRESS_RESERVED(
            "The address belongs to something else.",
            "Use another one, or leave 'address' out to have one assigned."),
    COUNT_MISMATCH(
            "A pool asks for more real machines than it lists.",
            "Correct 'count', or list more machines; or name a 'hardwareClass' by which machines are claimed."),
    TOO_MANY_MACHINES(
            "The pools together ask for more machines than a definition can hold.",
            "Lower the counts, or split the cluster."),
    HARDWARE_CLASS_UNKNOWN(
            "A pool refers to a hardware class that is not in spec.hardwareClasses.",
            "Add it to spec.hardwareClasses, or use one that is there."),
    NETWORK_UNKNOWN(
            "A pool refers to a network that is not in spec.networks.",
            "Add it to spec.networks, or use one that is there."),
    NETWORK_NOT_FIRST(
            "Machines boot over the first network, and these are not attached to it.",
            "Add the name of the first network."),
    BMC_MISSING(
            "A machine of the kind redfish has no board management controller to switch it on.",
            "Add 'bmc: {address: ..., credentials: ...}', or use 'kind: manual'."),
    SERIAL_DUPLICATE(
            "Two machines have one serial number.",
            "Look at the label of the second one."),
    BMC_DUPLICATE(
            "Two machines have one board management controller.",
            "Look up the address of the second one."),
    ADDRESSES_OUTSIDE_NETWORK(
            "The addresses of a pool are not inside of the provisioning network.",
            "Choose a range of the first network."),
    POOL_FULL(
            "A pool has fewer addresses than machines.",
            "Make 'addresses' longer, or lower 'count'."),
    NO_CONTROL_PLANE(
            "No machine can form the cluster.",
            "Add a pool with 'role: control-plane' and one machine."),
    CONTROL_PLANE_EVEN(
            Severity.WARNING,
            "An even number of control-plane machines survives no more failures than one machine less: half of them are no majority.",
            "Use one, three or five."),
    KINDS_MIXED(
            "Manual, virtual and simulated machines are on different networks and cannot form one cluster.",
            "Use one kind in each definition."),
    VIRTUAL_ON_MANUAL(
            "Sizes and firmware of a real machine are what they are.",
            "Remove 'virtual', or say 'kind: virtual'. 'minimum' states what a real machine must have."),
    VIRTUAL_TOO_SMALL(
            "A virtual machine is smaller than its pool demands.",
            "Raise 'virtual', or lower 'minimum'."),
    // services
    SERVICE_TYPE_UNKNOWN("A service has no type, and its name is none.", "Add 'type:'."),
    SERVICE_UNKNOWN(
            "A service depends on one that is not in the list.",
            "Add it to spec.services, or use one that is there."),
    SERVICE_CYCLE(
            "Services depend on each other in a circle: none of them can be started first.",
            "Remove one of these dependencies."),
    SERVICE_ORDER(
            "A service would be started before one that it depends on.",
            "Give it a higher 'startOrder', or leave 'startOrder' out: what a service depends on is started before."),
    // environments
    ENVIRONMENT_UNKNOWN("There is no environment of that name.",
            "Use one of those under 'environments'."),
    ENVIRONMENT_CYCLE(
            "Environments inherit from each other in a circle.", "Let one of them inherit from nothing."),
    // templates and orders
    TEMPLATE_UNKNOWN("There is no such template.",
            "'kindling template list' shows the templates; the name may be followed by '@' and a version."),
    TEMPLATE_CYCLE(
            "A template extends itself, perhaps through others.",
            "Remove 'extends' from one of them."),
    PARAMETER_UNKNOWN("The template has no such parameter.",
            "'kindling template show NAME' lists its parameters."),
    PARAMETER_MISSING(
            "A parameter without a default was not given.",
            "Give it: --set NAME=VALUE."),
    PARAMETER_RANGE(
            "The value of a parameter is outside of what the template allows.",
            "Use a value that it allows."),
    TEMPLATE_PLACEHOLDER(
            "A placeholder in a template cannot be filled.",
            "Write ${NAME} with the name of a parameter; a dollar sign before a brace is written $$."),
    HARDWARE_CLASS_NOT_ALLOWED(
            "The template was not made for this class of hardware.",
            "Use a class that it allows, or another template."),
    IMPORT_UNKNOWN(
            "What was to be imported has none of the forms that are known.",
            "docs/reference/templates.md tells the forms."),
    IMPORT_INCOMPLETE(
            Severity.WARNING,
            "Something of another tool's input is not in the definition, or was assumed.",
            "Look whether it matters; the definition's first lines say it too."),
    // honest limits
    DISTRIBUTION_NOT_YET(Severity.WARNING,
            "The definition is fine and can be planned, but this distribution cannot be formed, today.",
            "Use 'name: k3s', the one that works."),
    CHANNEL_NOT_YET(Severity.WARNING,
            "The definition is fine and can be planned, but channels are not resolved to versions, today.",
            "Copy the name of a release to 'version'."),
    BOOT_METHOD_NOT_YET(Severity.WARNING,
            "The definition is fine and can be planned, but machines cannot be started this way, today.",
            "Use 'method: pxe', the one that works."),
    MACHINE_KIND_NOT_YET(Severity.WARNING,
            "The definition is fine and can be planned, but machines of this kind cannot be switched on or made, today.",
            "Use manual, virtual or simulated."),
    MATCH_NOT_YET(Severity.WARNING,
            "The definition is fine and can be planned, but machines are known by their MAC address only, today.",
            "Add 'mac:' with the address of the port that boots."),
    IMAGE_NOT_YET(
            Severity.WARNING,
            "The definition is fine and can be planned, but only the distribution's own system is installed, today.",
            "Remove 'image'."),
    SEVERAL_CONTROL_PLANES_NOT_YET(Severity.WARNING,
            "The definition is fine and can be planned, but a cluster with several control-plane machines cannot be formed, today.",
            "Use one control-plane machine, and make the others workers."),
    SERVICE_NOT_YET(
            Severity.WARNING,
            "The definition is fine and can be planned, but this service cannot be set up, today.",
            "Set it up yourself and remove it here, or say 'required: false'."),
    IPV6_PROVISIONING_NOT_YET(
            Severity.WARNING,
            "The definition is fine and can be planned, but machines can be booted over IPv4 only, today.",
            "Make the first network an IPv4 network; further ones may be IPv6."),
    ROLE_NOT_YET(
            Severity.WARNING,
            "The definition is fine and can be planned, but no distribution that works today uses machines of this role.",
            "Use control-plane and worker."),
    NO_EFFECT_YET(
            Severity.WARNING,
            "The setting is kept, but changes nothing, today.",
            "Remove it, or keep it for later.");

    private final Severity severity;
    private final String meaning;
    private final String remedy;

    ProblemCode(String meaning, String remedy) {
        this(Severity.ERROR, meaning, remedy);
    }

    ProblemCode(Severity severity, String meaning, String remedy) {
        this.severity = severity;
        this.meaning = meaning;
        this.remedy = remedy;
    }

    String code() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    Severity severity() {
        return severity;
    }

    /** What it means, for the reference. */
    String meaning() {
        return meaning;
    }

    /** What to do, where nothing more exact can be said. */
    String remedy() {
        return remedy;
    }
}
