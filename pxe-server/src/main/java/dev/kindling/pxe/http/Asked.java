package dev.kindling.pxe.http;

import java.net.InetAddress;

/** A request, and who sent it. */
record Asked(RequestHead head, InetAddress remote, byte[] body) {
    /** Without the token and the body: both may be secret. */
    @Override
    public String toString() {
        return head.method() + " " + head.target() + " from " + remote.getHostAddress();
    }
}
