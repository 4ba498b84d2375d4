package dev.kindling.pxe.net;

import dev.kindling.pxe.net.PacketSocket.Filter;
import dev.kindling.pxe.net.PacketSocket.Filter.Instruction;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * The program by which the kernel picks boot traffic out of an interface's frames: ARP, router solicitations and
 * advertisements, and UDP at the given ports come whole; of other UDP from or to our own address, and of any over IPv6,
 * the first octets, since TFTP moves each transfer to a port that is not known beforehand. Later fragments do not come.
 */
final class BootFilter {
    /** Octets of a frame that need not come whole: all headers, and TFTP's option acknowledgement. */
    static final int HEAD = 256;
    private static final int LOAD_WORD = 0x20;
    private static final int LOAD_HALF = 0x28;
    private static final int LOAD_BYTE = 0x30;
    /** Relative to the end of the IPv4 header. */
    private static final int LOAD_HALF_BEHIND = 0x48;
    private static final int MEASURE_IPV4_HEADER = 0xb1;
    private static final int IF_EQUAL = 0x15;
    private static final int IF_ANY_BIT = 0x45;
    private static final int RETURN = 0x06;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;
    private static final String NEXT = "";

    private final List<Step> steps = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();

    private record Step(int code, int operand, String ifTrue, String ifFalse) {}

    private BootFilter() {}

    static Filter of(SortedSet<Integer> ports, Inet4Address own) {
        return new BootFilter().program(ports, ByteBuffer.wrap(own.getAddress()).getInt());
    }

    private Filter program(SortedSet<Integer> ports, int own) {
        load(LOAD_HALF, 12);
        test(IF_EQUAL, PacketSocket.ARP, "whole", NEXT);
        test(IF_EQUAL, PacketSocket.IPV6, "ipv6", NEXT);
        test(IF_EQUAL, PacketSocket.IPV4, NEXT, "nothing");
        load(LOAD_BYTE, 23);
        test(IF_EQUAL, UDP, NEXT, "nothing");
        load(LOAD_HALF, 20);
        test(IF_ANY_BIT, 0x1fff, "nothing", NEXT);
        load(MEASURE_IPV4_HEADER, 14);
        for (int port = 14; port <= 16; port += 2) {
            load(LOAD_HALF_BEHIND, port);
            ports.forEach(each -> test(IF_EQUAL, each, "whole", NEXT));
        }
        load(LOAD_WORD, 26);
        test(IF_EQUAL, own, "head", NEXT);
        load(LOAD_WORD, 30);
        test(IF_EQUAL, own, "head", "nothing");
        label("ipv6");
        load(LOAD_BYTE, 20);
        test(IF_EQUAL, UDP, "udp6", NEXT);
        test(IF_EQUAL, ICMPV6, NEXT, "nothing");
        load(LOAD_BYTE, 54);
        test(IF_EQUAL, 133, "whole", NEXT);
        test(IF_EQUAL, 134, "whole", "nothing");
        label("udp6");
        for (int port = 54; port <= 56; port += 2) {
            load(LOAD_HALF, port);
            ports.forEach(each -> test(IF_EQUAL, each, "whole", NEXT));
        }
        label("head");
        load(RETURN, HEAD);
        label("whole");
        load(RETURN, 65_535);
        label("nothing");
        load(RETURN, 0);
        return resolved();
    }

    private void label(String name) {
        labels.put(name, steps.size());
    }

    private void load(int code, int operand) {
        steps.add(new Step(code, operand, NEXT, NEXT));
    }

    private void test(int code, int operand, String ifTrue, String ifFalse) {
        steps.add(new Step(code, operand, ifTrue, ifFalse));
    }

    private Filter resolved() {
        var program = new Instruction[steps.size()];
        for (int at = 0; at < program.length; at++) {
            Step step = steps.get(at);
            program[at] = new Instruction(step.code(), skip(at, step.ifTrue()), skip(at, step.ifFalse()),
                    step.operand());
        }
        return new Filter(program);
    }

    private int skip(int at, String label) {
        int skip = labels.getOrDefault(label, at + 1) - at - 1;
        // one byte in the kernel's instruction
        if (skip > 255) {
            throw new IllegalArgumentException("too many ports to capture");
        }
        return skip;
    }
}
