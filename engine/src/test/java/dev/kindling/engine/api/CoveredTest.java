package dev.kindling.engine.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CoveredTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            remote: https://bob:geheim@git.example/lab  | remote: https://**********@git.example/lab
            https://ghp_0815@git.example                | https://********@git.example
            settings: {registry-password: geheim, a: b} | settings: {registry-password: ******, a: b}
            {"apiKey": "ge heim", "b": 1}               | {"apiKey": "*******", "b": 1}
            url: https://ci.example/x?token=geheim&b=1  | url: https://ci.example/x?token=******&b=1
            [curl, -H, "Authorization: Bearer geheim"]  | [curl, -H, "Authorization: Bearer ******"]
            password: 'ge, heim'                        | password: '********'
            """)
    void whatLooksLikeAPasswordIsCoveredInItsLength(String text, String shown) {
        assertThat(Covered.of(text)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            - {url: "https://ci.example/hook", secretName: lab/hook}
            security: {encryptSecrets: true}
            mail: bob@lab.example
            bmc: {credentials: lab/bmc}
            the password of the user
            """)
    void anythingElseStaysAsItIs(String text) {
        assertThat(Covered.of(text)).isEqualTo(text);
    }

    @Test
    void theValueAtAPlaceIsCoveredToItsEnd() {
        assertThat(Covered.valueAt("{credentials: geheim, a: b}", 14)).isEqualTo("{credentials: ******, a: b}");
        assertThat(Covered.valueAt("a: \"ge heim\"", 3)).isEqualTo("a: \"*******\"");
        assertThat(Covered.valueAt("a:", 2)).isEqualTo("a:");
    }
}
