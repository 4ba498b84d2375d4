package dev.kindling.engine.boot;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The bearer tokens of machines, derived from one key of the cluster by HMAC-SHA-256, so that an engine that was killed
 * knows them again and no token is ever stored.
 */
final class BootTokens {
    private final SecretKeySpec key;

    BootTokens(byte[] key) {
        this.key = new SecretKeySpec(key, "HmacSHA256");
    }

    /** Of the stage, for one boot: the next boot script makes it void. */
    String stage(String machine, int boot) {
        return derive("stage/" + machine + "/" + boot);
    }

    /** Of the installed system, for one order of its disk. */
    String system(String machine, String order) {
        return derive("system/" + machine + "/" + order);
    }

    static boolean same(@Nullable String given, String wanted) {
        return given != null && MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8),
                wanted.getBytes(StandardCharsets.UTF_8));
    }

    private String derive(String purpose) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return Base64.getUrlEncoder().withoutPadding()
                    .encodeToString(mac.doFinal(purpose.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has HmacSHA256", e);
        }
    }
}
