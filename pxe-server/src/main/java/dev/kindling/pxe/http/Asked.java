package dev.kindling.pxe.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import java.net.InetAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A request, taken off the wire. */
record Asked(String method, String target, InetAddress remote, boolean keepAlive, boolean hostMissing,
        @Nullable String token, @Nullable String range, @Nullable String ifRange, @Nullable String ifNoneMatch,
        @Nullable String ifModifiedSince, byte[] body) {
    private static final String BEARER = "bearer ";

    static Asked of(HttpRequest request, InetAddress remote, byte[] body) {
        var headers = request.headers();
        String authorization = headers.get(HttpHeaderNames.AUTHORIZATION, "");
        String token = authorization.toLowerCase(Locale.ROOT).startsWith(BEARER)
                ? authorization.substring(BEARER.length()).strip()
                : null;
        boolean hostMissing = request.protocolVersion().minorVersion() > 0
                && !headers.contains(HttpHeaderNames.HOST);
        return new Asked(request.method().name(), request.uri(), remote, HttpUtil.isKeepAlive(request), hostMissing,
                token, headers.get(HttpHeaderNames.RANGE), headers.get(HttpHeaderNames.IF_RANGE),
                headers.get(HttpHeaderNames.IF_NONE_MATCH), headers.get(HttpHeaderNames.IF_MODIFIED_SINCE), body);
    }

    boolean head() {
        return method.equals("HEAD");
    }

    /** Without the token and the body: both may be secret. */
    @Override
    public String toString() {
        return method + " " + target + " from " + remote.getHostAddress();
    }
}
