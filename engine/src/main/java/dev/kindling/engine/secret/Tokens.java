package dev.kindling.engine.secret;

import java.security.SecureRandom;
import java.util.Base64;

/** Makes tokens of 256 random bits, 43 characters that need no escaping in a URL, a shell or a kernel command line. */
public final class Tokens {
    private final SecureRandom random;

    public Tokens(SecureRandom random) {
        this.random = random;
    }

    public Secret next() {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        return Secret.owning(Base64.getUrlEncoder().withoutPadding().encode(bits));
    }
}
