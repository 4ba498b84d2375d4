"""A switch with VLANs in user space, for kernels without 802.1Q: vlan-switch.py PORT...

For the interface of a host that is plugged in: vlan-switch.py --host IF, before it sends anything.

PORT is IF=ID, an access port whose frames have no tag, or IF=trunk, where every frame has one (IEEE 802.1Q). A tagged frame
at an access port is dropped, as is an untagged one at a trunk. Addresses are learnt in each VLAN by itself.
"""
import ctypes
import fcntl
import select
import socket
import struct
import sys

ETH_P_ALL, SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 3, 263, 1, 8, 23
PROMISCUOUS, TAG_VALID, TPID = 1, 1 << 4, 0x8100
SIOCETHTOOL = 0x8946
# ETHTOOL_STXCSUM, STSO, SGSO, SGRO (linux/ethtool.h)
OFFLOADS = 0x17, 0x1F, 0x24, 0x2C


def whole_frames(name):
    """The sender's kernel must leave neither check sums nor segmentation to a card that is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for command in OFFLOADS:
            value = ctypes.create_string_buffer(struct.pack("II", command, 0))
            fcntl.ioctl(s, SIOCETHTOOL, struct.pack("16sP16x", name.encode(), ctypes.addressof(value)))


class Port:
    def __init__(self, text):
        self.name, kind = text.split("=")
        self.vlan = None if kind == "trunk" else int(kind)
        self.socket = s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        s.bind((self.name, ETH_P_ALL))
        s.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP,
                     struct.pack("iHH8s", socket.if_nametoindex(self.name), PROMISCUOUS, 0, b""))

    def receive(self):
        """The VLAN and the frame without its tag; None where the frame is not allowed here."""
        frame, auxiliary, _, _ = self.socket.recvmsg(65536, 256)
        tag = None
        for level, kind, data in auxiliary:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, _ = struct.unpack("IIIHHHH", data[:20])
                if status & TAG_VALID:
                    tag = tci & 0xFFF
        if (tag is None) == (self.vlan is None):
            return None
        return (self.vlan if tag is None else tag), frame

    def send(self, vlan, frame):
        if self.vlan is None:
            frame = frame[:12] + struct.pack(">HH", TPID, vlan) + frame[12:]
        try:
            self.socket.send(frame)
        except OSError:
            pass  # a cable that is pulled out


if sys.argv[1] == "--host":
    whole_frames(sys.argv[2])
    sys.exit()
ports = [Port(text) for text in sys.argv[1:]]
known = {}
print("READY", flush=True)
while True:
    for ready in select.select([port.socket for port in ports], [], [])[0]:
        port = next(each for each in ports if each.socket is ready)
        received = port.receive()
        if received is None:
            continue
        vlan, frame = received
        known[vlan, frame[6:12]] = port
        to = known.get((vlan, frame[:6]))
        for other in [to] if to else ports:
            if other is not port and other.vlan in (None, vlan):
                other.send(vlan, frame)
