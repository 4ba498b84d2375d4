package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong, where, and that nothing else is reported with it. */
class ProblemTableTest {
    /** Free of problems. Each row below changes one thing. */
    static final String GOOD = """
            apiVersion: kindling.dev/v1
            kind: Cluster
            metadata:
              name: lab
            spec:
              distribution:
                name: k3s
                version: v1.34.2+k3s1
              boot:
                method: pxe
                kernelArguments: console=ttyS0
              networks:
                - name: lan
                  cidr: 10.77.0.0/24
                  gateway: 10.77.0.254
                  bootServer: 10.77.0.1
                  pool: 10.77.0.100-10.77.0.199
                - name: storage
                  cidr: 10.78.0.0/24
                  vlan: 78
                  ports: [eno1, eno2]
                  bond: lacp
              addressing:
                vip: 10.77.0.5
                loadBalancerRange: 10.77.0.230-10.77.0.240
              nodePools:
                - name: control
                  role: control-plane
                  machines:
                    - mac: "52:54:00:4b:00:01"
                      address: 10.77.0.11
                      disk: {serial: A1}
                - name: workers
                  role: worker
                  count: 2
                  machines:
                    - mac: "52:54:00:4b:00:02"
                      address: 10.77.0.12
                      uuid: 4c4c4544-0042-3510-8054-b4c04f4a4d31
                      disk: {serial: B2}
                    - mac: "52:54:00:4b:00:03"
                      disk: {wwn: naa.5000c500a1b2c3d4}
              handOff:
                branch: main
                remote: https://git.example/lab.git
            """;

    /** A text and the problems, as "code path line:column". */
    record Row(String what, String text, List<String> problems) {
        @Override
        public String toString() {
            return what;
        }
    }

    private static Row change(String what, String from, String to, String... problems) {
        assertThat(GOOD).as(what).contains(from);
        return new Row(what, GOOD.replaceFirst(java.util.regex.Pattern.quote(from),
                java.util.regex.Matcher.quoteReplacement(to)), List.of(problems));
    }

    private static Row text(String what, String text, String... problems) {
        return new Row(what, text, List.of(problems));
    }

    static List<Row> rows() {
        List<Row> rows = new ArrayList<>(Arrays.asList(
                // the text
                text("empty", "", "empty  1:1"),
                text("only comments", "# nothing\n", "empty  1:1"),
                text("only a word", "hello\n", "wrong-type  1:1"),
                text("only a list", "- a\n", "wrong-type  1:1"),
                text("too large", "#".repeat(YamlText.MAX_CHARACTERS + 1), "too-large  1:1"),
                change("control character", "console=ttyS0", "console=\u0007", "control-character  11:30"),
                change("byte order mark in the middle", "lab", "l\uFEFFab", "control-character  4:10"),
                change("tab", "  name: lab", "\tname: lab", "yaml-tab  4:1"),
                change("colon in a value", "name: lab", "name: lab: x", "yaml-colon  4:12"),
                change("bracket left open", "[eno1, eno2]", "[eno1, eno2", "yaml-bracket  21:14"),
                change("quote left open", "\"52:54:00:4b:00:03\"", "\"52:54:00:4b:00:03", "yaml-quote  41:16"),
                change("indentation", "  boot:", "   boot:", "yaml-indentation  9:4"),
                text("two values in one line", "a: 1 b: 2\n", "yaml-colon  1:7"),
                text("indentation between two groups", "a:\n    b: 1\n  c: 2\n", "yaml-indentation  3:3"),
                text("key below a value", "a: b\n  c: d\n", "yaml-indentation  2:3"),
                text("list deeper, then less deep", "a:\n  - 1\n - 2\n", "yaml-indentation  3:2"),
                text("item among keys", "a: 1\n- b\n", "yaml-indentation  2:1"),
                text("key among items", "- a\nb: 1\n", "yaml-indentation  2:1"),
                text("line without a colon", "a: 1\nb\nc: 2\n", "yaml-colon  2:1"),
                text("first line without a colon", "a\nb: 1\n", "yaml-colon  1:1"),
                text("colon without a space", "a:1\nb: 2\n", "yaml-colon  1:1"),
                text("group without a colon", "a: 1\nb\n  c: x\n", "yaml-colon  2:1"),
                text("single quote left open", "a: 'x\nb: 1\n", "yaml-quote  1:4"),
                text("text after a quote", "a: \"x\" y\n", "yaml-quote  1:8"),
                text("apostrophe within single quotes", "a: 'don't'\n", "yaml-quote  1:9"),
                text("unknown escape", "a: \"\\q\"\n", "yaml-quote  1:6"),
                text("value that begins with @", "a: @x\n", "yaml-quote  1:4"),
                text("brace left open", "a: {x: 1\nb: 2\n", "yaml-bracket  1:4"),
                text("JSON left open", "{\"a\": 1\n", "yaml-bracket  1:1"),
                text("JSON without a comma", "{\"a\": 1\n \"b\": 2}\n", "yaml-bracket  2:5"),
                text("bracket never opened", "a: ]\n", "yaml-bracket  1:4"),
                text("JSON closed twice", "{'a': 1}}\n", "yaml-bracket  1:9"),
                text("two commas", "a: [1,,2]\n", "yaml-bracket  1:7"),
                text("tab between words", "a:\t1\nb: 2\n", "yaml-tab  1:3"),
                text("tab below spaces", "a:\n  b: 1\n\tc: 2\n", "yaml-tab  3:1"),
                text("unknown tag", "a: !x!y z\n", "yaml-tag  1:4"),
                change("merge key", "name: lab", "name: lab\n  <<: *x", "yaml-anchor metadata.<< 5:7"),
                text("directive", "%YAML 3.0\n---\na: 1\n", "yaml-syntax  1:1"),
                text("text after a folding mark", "a: >x\n  b\n", "yaml-syntax  1:5"),
                text("end of the document in the middle", "a: 1\n...\nb: 2\n", "several-documents  3:1"),
                text("second document", GOOD + "---\nmore: 1\n", "several-documents  46:1"),
                change("anchor", "{serial: A1}", "&disk {serial: A1}",
                        "yaml-anchor spec.nodePools[0].machines[0].disk 32:17"),
                change("alias bomb", "name: lab", "name: lab\n  labels: {a: &a x, b: [*a, *a], c: *a}",
                        "yaml-anchor metadata.labels.a 5:15", "wrong-type metadata.labels.b 5:24"),
                change("tag", "name: lab", "name: !!python/name:os.system lab", "yaml-tag metadata.name 4:9"),
                text("too deep", "a: " + "[".repeat(100_000), "too-deep " + "a" + "[0]".repeat(32) + " 1:36"),
                change("key twice", "gateway: 10.77.0.254", "gateway: 10.77.0.254\n      cidr: 10.79.0.0/24",
                        "duplicate-key spec.networks[0].cidr 16:7"),
                // the shape
                change("other version", "kindling.dev/v1", "kindling.dev/v2", "api-version apiVersion 1:13"),
                change("other kind", "kind: Cluster", "kind: Deployment", "kind kind 2:7"),
                text("something else", "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1}\n",
                        "api-version apiVersion 1:13", "kind kind 2:7"),
                change("misspelt key", "gateway:", "gatway:", "unknown-key spec.networks[0].gatway 15:7"),
                change("misspelt key of a broken value", "gateway: 10.77.0.254", "gatway: 10.77.0.999",
                        "unknown-key spec.networks[0].gatway 15:7", "bad-address spec.networks[0].gatway 15:15"),
                change("misspelt required key", "cidr: 10.77.0.0/24", "cdir: 10.77.0.0/24",
                        "unknown-key spec.networks[0].cdir 14:7"),
                change("word of another tool", "nodePools:", "nodeGroups:", "unknown-key spec.nodeGroups 26:3"),
                change("key in the wrong place", "name: lab", "name: lab\n  vip: 10.77.0.9",
                        "unknown-key metadata.vip 5:3"),
                change("missing name", "name: lab", "labels: {}", "missing metadata.name 4:3"),
                change("missing version", "    version: v1.34.2+k3s1\n", "", "missing spec.distribution.version 7:5"),
                change("no value", "name: lab", "name:", "empty-value metadata.name 4:8"),
                change("no value for a group", "boot:\n    method: pxe\n    kernelArguments: console=ttyS0", "boot:",
                        "empty-value spec.boot 9:8"),
                change("text for a group", "{serial: A1}", "A1", "wrong-type spec.nodePools[0].machines[0].disk 32:17"),
                change("text for a list", "[eno1, eno2]", "eno1", "wrong-type spec.networks[1].ports 21:14"),
                change("list for text", "name: lab", "name: [lab]", "wrong-type metadata.name 4:9"),
                change("text for a number", "vlan: 78", "vlan: \"78\"", "wrong-type spec.networks[1].vlan 20:13"),
                change("number for a name", "name: lab", "name: 42", "wrong-type metadata.name 4:9"),
                change("yes for true", "vlan: 78", "vlan: 78\n      isolated: yes",
                        "wrong-type spec.networks[1].isolated 21:17"),
                change("misspelt word", "method: pxe", "method: pxee", "bad-choice spec.boot.method 10:13"),
                change("word of another tool for a role", "role: worker", "role: agent",
                        "bad-choice spec.nodePools[1].role 34:13"),
                change("VLAN out of range", "vlan: 78", "vlan: 4095", "out-of-range spec.networks[1].vlan 20:13"),
                change("fraction", "vlan: 78", "vlan: 78.5", "out-of-range spec.networks[1].vlan 20:13"),
                change("count of nothing", "count: 2", "count: 0", "out-of-range spec.nodePools[1].count 35:14"),
                change("empty list", "[eno1, eno2]", "[]", "list-length spec.networks[1].ports 21:14"),
                change("capital letters", "name: lab", "name: Lab_1", "bad-name metadata.name 4:9"),
                change("name too long", "name: lab", "name: " + "a".repeat(41), "bad-name metadata.name 4:9"),
                change("bad domain", "vlan: 78", "vlan: 78\n      domain: lab..example",
                        "bad-domain spec.networks[1].domain 21:15"),
                change("MAC in another notation", "52:54:00:4b:00:01", "5254.004b.0001",
                        "bad-mac spec.nodePools[0].machines[0].mac 30:16"),
                change("MAC of a group", "52:54:00:4b:00:01", "01:00:5e:00:00:01",
                        "bad-mac spec.nodePools[0].machines[0].mac 30:16"),
                change("MAC too short", "52:54:00:4b:00:01", "52:54:00:4b:00",
                        "bad-mac spec.nodePools[0].machines[0].mac 30:16"),
                change("address with a prefix length", "address: 10.77.0.11", "address: 10.77.0.11/24",
                        "bad-address spec.nodePools[0].machines[0].address 31:20"),
                change("address in inet_aton's short form", "address: 10.77.0.11", "address: 10.77.11",
                        "bad-address spec.nodePools[0].machines[0].address 31:20"),
                change("host bits", "10.77.0.0/24", "10.77.0.1/24", "bad-cidr spec.networks[0].cidr 14:13"),
                change("no prefix length", "10.77.0.0/24", "10.77.0.0", "bad-cidr spec.networks[0].cidr 14:13"),
                change("prefix length too long", "10.77.0.0/24", "10.77.0.0/33",
                        "bad-cidr spec.networks[0].cidr 14:13"),
                change("short range", "10.77.0.100-10.77.0.199", "10.77.0.100-199",
                        "bad-range spec.networks[0].pool 17:13"),
                change("range upside down", "10.77.0.100-10.77.0.199", "10.77.0.199-10.77.0.100",
                        "bad-range spec.networks[0].pool 17:13"),
                change("bad UUID", "4c4c4544-0042-3510-8054-b4c04f4a4d31", "4c4c4544",
                        "bad-uuid spec.nodePools[1].machines[0].uuid 39:17"),
                change("decimal size", "count: 2", "count: 2\n      minimum: {memory: 4GB}",
                        "bad-size spec.nodePools[1].minimum.memory 36:25"),
                change("size without unit", "count: 2", "count: 2\n      minimum: {memory: 4}",
                        "bad-size spec.nodePools[1].minimum.memory 36:25"),
                change("disk size in Mi", "count: 2", "count: 2\n      minimum: {disk: 4096Mi}",
                        "bad-size spec.nodePools[1].minimum.disk 36:23"),
                change("shell in a serial", "serial: A1", "serial: \"$(reboot)\"",
                        "bad-serial spec.nodePools[0].machines[0].disk.serial 32:26"),
                change("interface too long", "eno2", "enp0s31f6np0.4094",
                        "bad-interface spec.networks[1].ports[1] 21:21"),
                change("channel for a version", "v1.34.2+k3s1", "stable", "bad-version spec.distribution.version 8:14"),
                change("script in kernel arguments", "console=ttyS0", "console=${net0/mac} && reboot",
                        "bad-kernel-arguments spec.boot.kernelArguments 11:22"),
                change("kernel arguments of ours", "console=ttyS0", "quiet kindling.url=http://x",
                        "bad-kernel-arguments spec.boot.kernelArguments 11:22"),
                change("bad branch", "branch: main", "branch: a..b", "bad-branch spec.handOff.branch 44:13"),
                change("bad remote", "https://git.example/lab.git", "-oProxyCommand=x",
                        "bad-remote spec.handOff.remote 45:13"),
                change("text with line breaks", "count: 2", "count: 2\n      tags: [\"a\\nb\"]",
                        "bad-text spec.nodePools[1].tags[0] 36:14"),
                change("bad duration", "  handOff:\n",
                        "  hooks: [{when: before-run, command: [x], timeout: soon}]\n  handOff:\n",
                        "bad-duration spec.hooks[0].timeout 43:53"),
                change("a limit of none", "  handOff:\n", "  limits: {power: {parallel: 0, pause: 2}}\n  handOff:\n",
                        "out-of-range spec.limits.power.parallel 43:30",
                        "bad-duration spec.limits.power.pause 43:40"),
                change("bad URL", "  handOff:\n", "  webhooks: [{url: 'ftp://ci.example'}]\n  handOff:\n",
                        "bad-url spec.webhooks[0].url 43:20"),
                change("token in the URL of a webhook", "  handOff:\n",
                        "  webhooks: [{url: 'https://ci.example/x?token=0815'}]\n  handOff:\n",
                        "secret-in-definition spec.webhooks[0].url 43:20"),
                change("event that there is not", "  handOff:\n",
                        "  webhooks: [{url: 'http://ci.example/x', events: [RunEnds]}]\n  handOff:\n",
                        "event-unknown spec.webhooks[0].events[0] 43:52"),
                change("moment that no run has", "  handOff:\n",
                        "  hooks: [{when: before-instal, command: [x]}]\n  handOff:\n",
                        "bad-choice spec.hooks[0].when 43:18"),
                change("password", "https://git.example", "https://me:secret@git.example",
                        "secret-in-definition spec.handOff.remote 45:13"),
                change("token", "https://git.example", "https://ghp_0123456789@git.example",
                        "secret-in-definition spec.handOff.remote 45:13"),
                change("user of an ssh address", "https://git.example", "ssh://git@git.example"),
                change("key of a thousand characters", "name: lab", "name: lab\n  " + "k".repeat(1000) + ": 1",
                        "wrong-type metadata 5:3"),
                change("space in the key of a label", "name: lab", "name: lab\n  labels: {\"a b\": c}",
                        "bad-text metadata.labels 5:12"),
                change("list for the text of a label", "name: lab", "name: lab\n  labels: {a: [b]}",
                        "wrong-type metadata.labels.a 5:15"),
                change("label of two lines", "name: lab", "name: lab\n  labels: {a: \"b\\nc\"}",
                        "bad-text metadata.labels.a 5:15"),
                change("label with a line break at its end", "name: lab", "name: lab\n  labels: {a: \"b\\n\"}",
                        "bad-text metadata.labels.a 5:15"),
                change("text for labels", "name: lab", "name: lab\n  labels: a", "wrong-type metadata.labels 5:11"),
                change("truth value for a name", "name: lab", "name: true", "wrong-type metadata.name 4:9"),
                change("list for a word", "method: pxe", "method: [pxe]", "wrong-type spec.boot.method 10:13"),
                // networks
                change("load balancers on the gateway", "10.77.0.230-10.77.0.240", "10.77.0.230-10.77.0.254",
                        "range-overlap spec.addressing.loadBalancerRange 25:24"),
                change("load balancers on the boot server", "10.77.0.230-10.77.0.240", "10.77.0.1-10.77.0.3",
                        "range-overlap spec.addressing.loadBalancerRange 25:24"),
                change("load balancers among pods", "10.77.0.230-10.77.0.240", "10.42.0.10-10.42.0.20",
                        "range-overlap spec.addressing.loadBalancerRange 25:24"),
                change("load balancers of a routed network", "10.77.0.230-10.77.0.240", "10.99.0.10-10.99.0.20"),
                change("VIP is the boot server", "vip: 10.77.0.5", "vip: 10.77.0.1",
                        "address-reserved spec.addressing.vip 24:10"),
                change("one bond for two VLANs", "bond: lacp",
                        "bond: lacp\n    - {name: third, cidr: 10.79.0.0/24, vlan: 79, ports: [eno2, eno1], bond: lacp}"),
                change("IPv4 and IPv6 on one VLAN", "bond: lacp",
                        "bond: lacp\n    - {name: third, cidr: 'fd00:78::/64', vlan: 78, ports: [eno1, eno2], bond: lacp}"),
                change("one WWN in two machines", "serial: B2", "wwn: NAA.5000C500A1B2C3D4",
                        "disk-duplicate spec.nodePools[1].machines[1].disk.wwn 42:23"),
                change("machine of another kind", "uuid:", "kind: simulated\n          uuid:",
                        "kinds-mixed spec.nodePools[1].machines[0].kind 39:17"),
                change("unreadable pool hides no control plane", "role: control-plane", "role: boss",
                        "bad-choice spec.nodePools[0].role 28:13"),
                change("unreadable first network hides its rules", "10.77.0.0/24", "10.77.0.0/240",
                        "bad-cidr spec.networks[0].cidr 14:13"),
                change("network of one host", "10.78.0.0/24", "10.78.0.0/32",
                        "network-unusable spec.networks[1].cidr 19:13"),
                change("the whole Internet", "10.78.0.0/24", "0.0.0.0/0",
                        "network-unusable spec.networks[1].cidr 19:13"),
                change("multicast", "10.78.0.0/24", "239.0.0.0/24", "network-unusable spec.networks[1].cidr 19:13"),
                change("IPv6 storage network", "10.78.0.0/24", "fd00:78::/64"),
                text("IPv6 provisioning", GOOD.substring(0, GOOD.indexOf("  networks:")) + """
                          networks: [{name: lan, cidr: 'fd00:77::/64', bootServer: 'fd00:77::1'}]
                          nodePools: [{name: control, role: control-plane, kind: virtual, count: 1}]
                        """, "ipv6-provisioning-not-yet spec.networks[0].cidr 12:32"),
                change("overlapping networks", "10.78.0.0/24", "10.77.0.128/25",
                        "network-overlap spec.networks[1].cidr 19:13"),
                change("two untagged networks", "      vlan: 78\n", "", "vlan-duplicate spec.networks[1] 18:7"),
                change("one VLAN twice", "gateway:", "vlan: 78\n      gateway:",
                        "vlan-duplicate spec.networks[1].vlan 21:13"),
                change("pods on the machines' network", "vip: 10.77.0.5", "vip: 10.77.0.5\n    podCidr: 10.77.0.0/16",
                        "cidr-overlap spec.addressing.podCidr 25:14"),
                change("pods and services", "vip: 10.77.0.5",
                        "vip: 10.77.0.5\n    podCidr: 10.96.0.0/12\n    serviceCidr: 10.96.0.0/16",
                        "cidr-overlap spec.addressing.serviceCidr 26:18"),
                change("network on the default services", "10.78.0.0/24", "10.43.7.0/24",
                        "cidr-overlap spec.networks[1].cidr 19:13"),
                change("gateway elsewhere", "10.77.0.254", "10.78.0.254",
                        "gateway-outside-network spec.networks[0].gateway 15:16"),
                change("gateway is the broadcast address", "10.77.0.254", "10.77.0.255",
                        "gateway-outside-network spec.networks[0].gateway 15:16"),
                change("no boot server", "      bootServer: 10.77.0.1\n", "",
                        "boot-server-missing spec.networks[0].bootServer 13:7"),
                change("boot server elsewhere", "bootServer: 10.77.0.1", "bootServer: 192.168.1.1",
                        "boot-server-outside-network spec.networks[0].bootServer 16:19"),
                change("pool elsewhere", "10.77.0.100-10.77.0.199", "10.76.0.100-10.76.0.199",
                        "pool-outside-network spec.networks[0].pool 17:13"),
                change("pool with the broadcast address", "10.77.0.199", "10.77.0.255",
                        "pool-outside-network spec.networks[0].pool 17:13"),
                change("pool with the gateway", "10.77.0.254", "10.77.0.150",
                        "pool-holds-reserved spec.networks[0].pool 17:13"),
                change("VIP elsewhere", "vip: 10.77.0.5", "vip: 10.79.0.5",
                        "vip-outside-network spec.addressing.vip 24:10"),
                change("VIP in the pool", "vip: 10.77.0.5", "vip: 10.77.0.105",
                        "vip-in-pool spec.addressing.vip 24:10"),
                change("VIP is the gateway", "vip: 10.77.0.5", "vip: 10.77.0.254",
                        "address-reserved spec.addressing.vip 24:10"),
                change("load balancers in the pool", "10.77.0.230-10.77.0.240", "10.77.0.190-10.77.0.240",
                        "range-overlap spec.addressing.loadBalancerRange 25:24"),
                change("load balancers on the VIP", "10.77.0.230-10.77.0.240", "10.77.0.2-10.77.0.9",
                        "range-overlap spec.addressing.loadBalancerRange 25:24"),
                change("bond of one port", "[eno1, eno2]", "[eno1]", "bond-ports spec.networks[1].bond 22:13"),
                change("bond without ports", "      ports: [eno1, eno2]\n", "",
                        "bond-ports spec.networks[1].bond 21:13"),
                change("ports without bond", "      bond: lacp\n", "",
                        "ports-without-bond spec.networks[1].ports 21:14"),
                change("port twice", "[eno1, eno2]", "[eno1, eno2, eno1]",
                        "port-duplicate spec.networks[1].ports[2] 21:27"),
                change("port in and beside a bond", "gateway:", "ports: [eno1]\n      gateway:",
                        "port-conflict spec.networks[1].ports[0] 22:15"),
                change("one bridge for two networks", "bond: lacp",
                        "bond: lacp\n      bridge: br0\n    - {name: third, cidr: 10.79.0.0/24, vlan: 79, ports: [eno3], bridge: br0}",
                        "bridge-duplicate spec.networks[2].bridge 24:74"),
                change("loopback network", "10.78.0.0/24", "127.78.0.0/24",
                        "loopback-network spec.networks[1].cidr 19:13"),
                // pools and machines
                change("two networks of one name", "name: storage", "name: lan",
                        "name-duplicate spec.networks[1].name 18:13"),
                change("two pools of one name", "name: workers", "name: control",
                        "name-duplicate spec.nodePools[1].name 33:13"),
                change("name that another machine has by default", "uuid:", "name: lab-wk-2\n          uuid:",
                        "name-duplicate spec.nodePools[1].machines[1] 42:11"),
                change("two machines of one MAC", "52:54:00:4b:00:03", "52-54-00-4B-00-01",
                        "mac-duplicate spec.nodePools[1].machines[1].mac 41:16"),
                change("two machines of one UUID", "disk: {wwn",
                        "uuid: 4C4C4544-0042-3510-8054-B4C04F4A4D31\n          disk: {wwn",
                        "uuid-duplicate spec.nodePools[1].machines[1].uuid 42:17"),
                change("one disk in two machines", "serial: B2", "serial: A1",
                        "disk-duplicate spec.nodePools[1].machines[0].disk.serial 40:26"),
                change("no disk", "          disk: {serial: B2}\n", "",
                        "disk-missing spec.nodePools[1].machines[0].disk 37:11"),
                change("disk without selector", "{serial: B2}", "{}",
                        "disk-missing spec.nodePools[1].machines[0].disk 40:17"),
                change("disk by both", "serial: B2", "serial: B2, wwn: naa.5000c50000000001",
                        "disk-ambiguous spec.nodePools[1].machines[0].disk 40:17"),
                change("two machines of one address", "10.77.0.12", "10.77.0.11",
                        "address-duplicate spec.nodePools[1].machines[0].address 38:20"),
                change("address elsewhere", "10.77.0.12", "10.78.0.12",
                        "address-outside-network spec.nodePools[1].machines[0].address 38:20"),
                change("IPv6 address of a machine", "10.77.0.12", "fd00::12",
                        "address-outside-network spec.nodePools[1].machines[0].address 38:20"),
                change("address in the pool", "10.77.0.12", "10.77.0.120",
                        "address-in-pool spec.nodePools[1].machines[0].address 38:20"),
                change("address of the gateway", "10.77.0.12", "10.77.0.254",
                        "address-reserved spec.nodePools[1].machines[0].address 38:20"),
                change("address of the boot server", "address: 10.77.0.12", "address: 10.77.0.1",
                        "address-reserved spec.nodePools[1].machines[0].address 38:20"),
                change("address of the VIP", "address: 10.77.0.12", "address: 10.77.0.5",
                        "address-reserved spec.nodePools[1].machines[0].address 38:20"),
                change("address of the network", "address: 10.77.0.12", "address: 10.77.0.0",
                        "address-reserved spec.nodePools[1].machines[0].address 38:20"),
                change("broadcast address", "address: 10.77.0.12", "address: 10.77.0.255",
                        "address-reserved spec.nodePools[1].machines[0].address 38:20"),
                change("address of load balancers", "10.77.0.12", "10.77.0.235",
                        "address-reserved spec.nodePools[1].machines[0].address 38:20"),
                change("count and list", "count: 2", "count: 3", "count-mismatch spec.nodePools[1].count 35:14"),
                change("no control plane", "role: control-plane", "role: worker",
                        "no-control-plane spec.nodePools 27:5"),
                change("three control planes", "role: worker", "role: control-plane",
                        "several-control-planes-not-yet spec.nodePools[1].count 35:14"),
                change("two control planes", "role: control-plane\n      machines:",
                        "role: control-plane\n      machines:\n        - {mac: \"52:54:00:4b:00:09\", disk: {serial: C3}}",
                        "control-plane-even spec.nodePools[0].machines 30:9",
                        "several-control-planes-not-yet spec.nodePools[0].machines 30:9"),
                change("kinds mixed", "role: worker", "role: worker\n      kind: virtual",
                        "kinds-mixed spec.nodePools[1].kind 35:13"),
                change("sizes of a real machine", "{serial: B2}", "{serial: B2}\n          virtual: {cpus: 2}",
                        "virtual-on-manual spec.nodePools[1].machines[0].virtual 41:20"),
                change("sizes of a pool of real machines", "count: 2", "count: 2\n      virtual: {cpus: 2}",
                        "virtual-on-manual spec.nodePools[1].virtual 36:16"),
                // counts, classes and the rest of a pool
                change("more listed than counted: the rest are spares", "count: 2", "count: 1"),
                change("pool of real machines without a list", "  handOff:",
                        "    - name: more\n      role: worker\n  handOff:",
                        "missing spec.nodePools[2].machines 43:7"),
                change("machine that nothing is known of", "mac: \"52:54:00:4b:00:03\"\n          disk", "disk",
                        "missing spec.nodePools[1].machines[1].mac 41:11"),
                change("machine known by its UUID", "mac: \"52:54:00:4b:00:02\"\n          address", "address",
                        "match-not-yet spec.nodePools[1].machines[0].uuid 38:17"),
                change("machine known by its serial number", "mac: \"52:54:00:4b:00:03\"", "serial: C02XL0",
                        "match-not-yet spec.nodePools[1].machines[1].serial 41:19"),
                change("two machines of one serial number, one a spare", "disk: {wwn: naa.5000c500a1b2c3d4}",
                        "disk: {wwn: naa.5000c500a1b2c3d4}\n          serial: C1\n"
                                + "        - {mac: \"52:54:00:4b:00:04\", serial: C1, disk: {serial: A2}}",
                        "serial-duplicate spec.nodePools[1].machines[2].serial 44:46"),
                change("hardware class that is not there", "count: 2", "count: 2\n      hardwareClass: large",
                        "hardware-class-unknown spec.nodePools[1].hardwareClass 36:22"),
                change("hardware class", "  nodePools:",
                        "  hardwareClasses: [{name: large, minimum: {cpus: 8, nics: 2}}]\n  nodePools:"),
                change("misspelt hardware class", "count: 2\n", "count: 2\n      hardwareClass: lareg\n",
                        "hardware-class-unknown spec.nodePools[1].hardwareClass 36:22"),
                change("two hardware classes of one name", "  nodePools:",
                        "  hardwareClasses: [{name: large}, {name: large}]\n  nodePools:",
                        "name-duplicate spec.hardwareClasses[1].name 26:43"),
                change("network of a pool that is not there", "count: 2", "count: 2\n      networks: [lan, storag]",
                        "network-unknown spec.nodePools[1].networks[1] 36:23"),
                change("pool beside the first network", "count: 2", "count: 2\n      networks: [storage]",
                        "network-not-first spec.nodePools[1].networks 36:17"),
                change("pool with networks", "count: 2", "count: 2\n      networks: [storage, lan]"),
                change("addresses of a pool elsewhere", "count: 2", "count: 2\n      addresses: 10.79.0.10-10.79.0.20",
                        "addresses-outside-network spec.nodePools[1].addresses 36:18"),
                change("addresses of a pool", "count: 2", "count: 2\n      addresses: 10.77.0.20-10.77.0.29"),
                change("addresses of a pool used up", "count: 2", "count: 2\n      addresses: 10.77.0.12-10.77.0.12",
                        "pool-full spec.nodePools[1].machines[1] 42:11"),
                change("version and channel", "version: v1.34.2+k3s1", "version: v1.34.2+k3s1\n    channel: stable",
                        "version-ambiguous spec.distribution 7:5", "channel-not-yet spec.distribution.channel 9:14"),
                // services
                change("service without a type", "  handOff:", "  services: [{name: front}]\n  handOff:",
                        "service-type-unknown spec.services[0].type 43:14"),
                change("services of the boot server", "  handOff:",
                        "  services: [{name: dhcp}, {name: netboot, type: pxe, dependsOn: [dhcp]}]\n  handOff:"),
                change("service that cannot be set up", "  handOff:", "  services: [{name: dns}]\n  handOff:",
                        "service-not-yet spec.services[0].name 43:21"),
                change("service that may be missing", "  handOff:",
                        "  services: [{name: front, type: load-balancer, required: false}]\n  handOff:",
                        "no-effect-yet spec.services[0].type 43:34"),
                change("two services of one name", "  handOff:", "  services: [{name: dhcp}, {name: dhcp}]\n  handOff:",
                        "name-duplicate spec.services[1].name 43:35"),
                change("dependency that is not there", "  handOff:",
                        "  services: [{name: dhcp}, {name: pxe, dependsOn: [dhpc]}]\n  handOff:",
                        "service-unknown spec.services[1].dependsOn[0] 43:52"),
                change("services in a circle", "  handOff:",
                        "  services:\n    - {name: dhcp, dependsOn: [pxe]}\n    - {name: pxe, dependsOn: [other]}\n    - {name: other, type: dhcp, dependsOn: [dhcp, pxe]}\n  handOff:",
                        "service-cycle spec.services[0].dependsOn 44:31",
                        "service-cycle spec.services[1].dependsOn 45:30"),
                change("service of itself", "  handOff:", "  services: [{name: dhcp, dependsOn: [dhcp]}]\n  handOff:",
                        "service-cycle spec.services[0].dependsOn 43:38"),
                change("order against a dependency", "  handOff:",
                        "  services: [{name: dhcp, startOrder: 2}, {name: pxe, dependsOn: [dhcp], startOrder: 1}]\n  handOff:",
                        "service-order spec.services[1].startOrder 43:86"),
                // the rest of the spec
                change("security", "  handOff:", "  security: {auditLog: true}\n  handOff:",
                        "no-effect-yet spec.security 43:13"),
                change("security as it is anyway", "  handOff:", "  security: {networkPolicy: open}\n  handOff:"),
                change("private key", "  handOff:", "  security: {authorizedKeys: [-----BEGIN]}\n  handOff:",
                        "bad-public-key spec.security.authorizedKeys[0] 43:31"),
                change("checks of every run", "  handOff:",
                        "  validation: {timeout: 45m, checks: [api, nodes]}\n  handOff:"),
                change("check that is not made", "  handOff:", "  validation: {checks: [api, etcd]}\n  handOff:",
                        "no-effect-yet spec.validation.checks[1] 43:30"),
                change("timeout without a unit", "  handOff:", "  validation: {timeout: 45}\n  handOff:",
                        "bad-duration spec.validation.timeout 43:25"),
                change("endpoint with a password", "  handOff:",
                        "  proxmox: {endpoint: 'https://root:x@pve:8006'}\n  handOff:",
                        "bad-endpoint spec.proxmox.endpoint 43:23"),
                change("password for the name of a secret", "  handOff:",
                        "  proxmox: {credentials: 'Root Secret!'}\n  handOff:",
                        "bad-secret-name spec.proxmox.credentials 43:26"),
                change("password among settings", "    version: v1.34.2+k3s1",
                        "    version: v1.34.2+k3s1\n    settings: {bootstrapPassword: x, token-ttl: 1h}",
                        "secret-in-definition spec.distribution.settings.bootstrapPassword 9:35"),
                change("address of a BMC as an URL", "{serial: B2}",
                        "{serial: B2}\n          bmc: {address: 'https://10.0.0.9/redfish'}",
                        "bad-host spec.nodePools[1].machines[0].bmc.address 41:26"),
                change("one BMC of two machines", "disk: {wwn: naa.5000c500a1b2c3d4}",
                        "disk: {wwn: naa.5000c500a1b2c3d4}\n          bmc: {address: b}\n        - {mac: \"52:54:00:4b:00:04\", bmc: {address: b}, disk: {serial: X}}",
                        "bmc-duplicate spec.nodePools[1].machines[2].bmc.address 44:53"),
                // environments
                change("environment that is not there", "metadata:", "environment: live\nmetadata:",
                        "environment-unknown environment 3:14"),
                text("misspelt environment", GOOD + "environment: stagign\nenvironments:\n  - name: staging\n",
                        "environment-unknown environment 46:14"),
                text("environment of an unknown parent", GOOD + "environments:\n  - {name: staging, inherits: dev}\n",
                        "environment-unknown environments[0].inherits 47:31"),
                text("environments in a circle", GOOD
                        + "environments:\n  - {name: a, inherits: b}\n  - {name: b, inherits: a}\n",
                        "environment-cycle environments[0].inherits 47:25"),
                text("environment of itself", GOOD + "environments:\n  - {name: a, inherits: a}\n",
                        "environment-cycle environments[0].inherits 47:25"),
                text("two environments of one name", GOOD + "environments:\n  - {name: a}\n  - {name: a}\n",
                        "name-duplicate environments[1].name 48:12"),
                text("unknown key in an environment", GOOD + "environments:\n  - {name: a, spec: {vipp: 1}}\n",
                        "unknown-key environments[0].spec.vipp 47:22"),
                text("pool of an environment lacks its role",
                        GOOD + "environments:\n  - name: a\n    spec:\n      nodePools:\n        - name: more\n          count: 2\n",
                        "missing environments[0].spec.nodePools[0].role 50:11",
                        "count-mismatch environments[0].spec.nodePools[0].count 51:18"),
                text("count of an environment beyond the list",
                        GOOD + "environments:\n  - name: a\n    spec: {nodePools: [{name: workers, count: 5}]}\n",
                        "count-mismatch environments[0].spec.nodePools[0].count 48:47"),
                // honest limits
                change("another distribution", "name: k3s\n    version: v1.34.2+k3s1",
                        "name: talos\n    version: v1.11.0", "distribution-not-yet spec.distribution.name 7:11"),
                change("channel", "version: v1.34.2+k3s1", "channel: stable",
                        "channel-not-yet spec.distribution.channel 8:14"),
                change("version of another distribution", "name: k3s", "name: rke2",
                        "distribution-not-yet spec.distribution.name 7:11",
                        "bad-version spec.distribution.version 8:14"),
                change("image", "count: 2", "count: 2\n      image: local:9001/ubuntu",
                        "image-not-yet spec.nodePools[1].image 36:14"),
                change("boot method of a pool", "count: 2", "count: 2\n      boot: {method: hybrid, config: worker}",
                        "boot-method-not-yet spec.nodePools[1].boot.method 36:22",
                        "no-effect-yet spec.nodePools[1].boot.config 36:38"),
                change("another boot method", "method: pxe", "method: iso",
                        "boot-method-not-yet spec.boot.method 10:13"),
                change("bootstrap machine", "role: worker", "role: bootstrap",
                        "role-not-yet spec.nodePools[1].role 34:13"),
                change("temporary pool", "count: 2", "count: 2\n      lifecycle: {temporary: true}",
                        "no-effect-yet spec.nodePools[1].lifecycle.temporary 36:30"),
                change("placement", "count: 2", "count: 2\n      placement: {antiAffinity: soft}",
                        "no-effect-yet spec.nodePools[1].placement 36:18")));
        String virtual = GOOD.replace("role: control-plane", "role: control-plane\n      kind: virtual")
                .replace("role: worker", "role: worker\n      kind: virtual");
        rows.add(text("virtual", virtual));
        rows.add(text("virtual machine on loopback", virtual.replace("10.77.", "127.77."),
                "loopback-network spec.networks[0].cidr 14:13"));
        rows.add(text("virtual machine below the minimum",
                virtual.replace("count: 2", "count: 2\n      minimum: {cpus: 2}\n      virtual: {cpus: 1}"),
                "virtual-too-small spec.nodePools[1].virtual 39:16"));
        rows.add(text("simulated", virtual.replace("virtual", "simulated").replace("10.77.", "127.77.")));
        rows.add(text("simulated machines on a real network", virtual.replace("virtual", "simulated"),
                "simulated-network spec.networks[0].cidr 14:13"));
        String made = GOOD.substring(0, GOOD.indexOf("  nodePools:"));
        rows.add(text("machines from a count", made + """
                  nodePools:
                    - {name: control, role: control-plane, kind: virtual, count: 1}
                    - {name: workers, role: worker, kind: virtual, count: 20}
                """));
        rows.add(text("machines from no count", made + """
                  nodePools:
                    - {name: control, role: control-plane, kind: virtual}
                """, "missing spec.nodePools[0].count 27:7"));
        rows.add(text("machines beyond all measure", made + """
                  nodePools:
                    - {name: control, role: control-plane, kind: virtual, count: 1}
                    - {name: workers, role: worker, kind: virtual, count: 10000}
                """, "too-many-machines spec.nodePools[1].count 28:59"));
        rows.add(text("Proxmox", made + """
                  proxmox: {endpoint: 'https://pve.lab:8006', credentials: lab/pve, vmidPrefix: 40}
                  nodePools:
                    - {name: control, role: control-plane, kind: proxmox, count: 1, virtual: {cpus: 4}}
                """, "machine-kind-not-yet spec.nodePools[0].kind 28:50"));
        rows.add(text("hosts that answer to SSH", made + """
                  nodePools:
                    - {name: control, role: control-plane, kind: ssh, machines: [{address: 10.77.0.20}]}
                    - {name: workers, role: worker, kind: ssh, machines: [{name: other}]}
                """, "machine-kind-not-yet spec.nodePools[0].kind 27:50",
                "missing spec.nodePools[1].machines[0].address 28:59"));
        rows.add(text("machines with a BMC", made + """
                  nodePools:
                    - name: control
                      role: control-plane
                      kind: redfish
                      machines:
                        - {mac: "52:54:00:4b:00:01", disk: {serial: A1}, bmc: {address: 10.0.0.9, credentials: lab/bmc}}
                    - name: workers
                      role: worker
                      kind: redfish
                      machines:
                        - {mac: "52:54:00:4b:00:02", disk: {serial: A2}}
                """, "machine-kind-not-yet spec.nodePools[0].kind 29:13",
                "bmc-missing spec.nodePools[1].machines[0].bmc 36:11"));
        rows.add(text("machines claimed by their class", made + """
                  hardwareClasses: [{name: big, minimum: {cpus: 32}, tags: [gpu]}]
                  nodePools:
                    - {name: control, role: control-plane, count: 1, hardwareClass: big}
                """, "match-not-yet spec.nodePools[0].count 28:51"));
        rows.add(text("network too small for its machines", GOOD.replace("cidr: 10.77.0.0/24", "cidr: 10.77.0.8/29")
                .replace("10.77.0.254", "10.77.0.9").replace("10.77.0.1\n", "10.77.0.13\n")
                .replace("10.77.0.100-10.77.0.199", "10.77.0.10-10.77.0.10")
                .replace("    vip: 10.77.0.5\n    loadBalancerRange: 10.77.0.230-10.77.0.240", "    vip: 10.77.0.14"),
                "network-full spec.nodePools[1].machines[1] 40:11"));
        rows.add(text("a thousand problems", GOOD + many(), manyProblems()));
        return rows;
    }

    private static String many() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 1500; i++) {
            text.append("unwanted-").append(i).append(": 1\n");
        }
        return text.toString();
    }

    private static String[] manyProblems() {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            problems.add("unknown-key unwanted-" + i + " " + (46 + i) + ":1");
        }
        problems.add("too-many-problems  1045:1");
        return problems.toArray(String[]::new);
    }

    static Stream<Row> each() {
        return rows().stream();
    }

    @Test
    void definitionBehindTheTableIsFreeOfProblems() {
        Validation validation = Definitions.read("good", GOOD);

        assertThat(validation.problems()).isEmpty();
        assertThat(validation.ok()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("each")
    void mistakeIsReportedOnceAndWhereItIs(Row row) {
        Validation validation = Definitions.read("row", row.text());

        assertThat(validation.problems().stream().map(ProblemTableTest::brief))
                .as(() -> validation.problems().toString())
                .containsExactlyElementsOf(row.problems());
        assertThat(validation.ok()).isEqualTo(
                validation.problems().stream().allMatch(problem -> problem.severity() == Problem.Severity.WARNING));
        assertThat(validation.problems()).allSatisfy(problem -> {
            assertThat(problem.message()).isNotBlank();
            assertThat(problem.remedy()).isNotBlank().endsWith(problem.remedy().endsWith("?") ? "?" : ".");
        });
    }

    /** Those of files that are no definitions: {@link TemplatesTest} and {@link ImportsTest} have them. */
    private static final Set<String> OF_TEMPLATES = Set.of("template-unknown", "template-cycle", "parameter-unknown",
            "parameter-missing", "parameter-range", "template-placeholder", "hardware-class-not-allowed",
            "import-unknown", "import-incomplete");

    @Test
    void everyCodeHasARow() {
        Set<String> shown = rows().stream().flatMap(row -> row.problems().stream())
                .map(problem -> problem.substring(0, problem.indexOf(' ')))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(shown).containsExactlyElementsOf(
                Arrays.stream(ProblemCode.values()).map(ProblemCode::code)
                        .filter(code -> !OF_TEMPLATES.contains(code))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    static String brief(Problem problem) {
        return problem.code() + " " + problem.path() + " " + problem.line() + ":" + problem.column();
    }
}
