package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DidYouMeanTest {
    @ParameterizedTest
    @CsvSource({"'', '', 0", "a, '', 1", "cidr, cdir, 1", "gateway, gatway, 1", "kitten, sitting, 3", "ca, abc, 3",
            "method, method, 0"})
    void countsEditsAndSwaps(String a, String b, int distance) {
        assertThat(DidYouMean.distance(a, b)).isEqualTo(distance);
        assertThat(DidYouMean.distance(b, a)).isEqualTo(distance);
    }

    @ParameterizedTest
    @CsvSource({"cdir, cidr", "GATEWAY, gateway", "gate-way, gateway", "kernelArgument, kernelArguments", "xyz, ''",
            "'', ''", "c, ''", "nodepool, nodePools"})
    void namesTheWordThatWasMeantOrNone(String written, String meant) {
        assertThat(DidYouMean.nearest(written, List.of("cidr", "gateway", "kernelArguments", "nodePools")).orElse(""))
                .isEqualTo(meant);
    }
}
