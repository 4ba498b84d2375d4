package dev.kindling.engine.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.store.Json;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SecretTest {
    private record Holder(String name, Secret secret) {}

    @Test
    void showsNothingOfItself() throws Exception {
        Secret secret = Secret.of("hunter2-canary");
        assertThat(secret).hasToString("***");
        assertThat("value: " + new Holder("a", secret)).doesNotContain("canary");
        assertThat(Json.mapper().writeValueAsString(Map.of("s", secret, "h", new Holder("a", secret))))
                .doesNotContain("canary").contains("\"***\"");
        assertThat(secret.reveal()).isEqualTo("hunter2-canary");
    }

    @Test
    void isWipedWhenItIsClosed() {
        Secret secret = Secret.of("geheim-ä".toCharArray());
        assertThat(secret.reveal()).isEqualTo("geheim-ä");
        secret.close();
        assertThatThrownBy(secret::reveal).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(secret::bytes).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> secret.matches("geheim-ä")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void keepsItsOwnCopy() {
        byte[] bytes = {1, 2, 3};
        Secret secret = Secret.of(bytes);
        bytes[0] = 9;
        secret.bytes()[1] = 9;
        assertThat(secret.bytes()).containsExactly(1, 2, 3);
    }

    @Test
    void matchesOnlyItsValue() {
        Secret secret = Secret.of("abc");
        assertThat(secret.matches("abc")).isTrue();
        assertThat(secret.matches("abd")).isFalse();
        assertThat(secret.matches("ab")).isFalse();
        assertThat(secret.matches("")).isFalse();
    }

    @Test
    void tokensAreLongUrlSafeAndNeverTheSame() {
        Tokens tokens = new Tokens(new SecureRandom());
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            String token = tokens.next().reveal();
            assertThat(token).matches("[A-Za-z0-9_-]{43}");
            assertThat(seen.add(token)).isTrue();
        }
    }
}
