package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpPartsTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /boot/x                    | boot/x
            /                          | ''
            /a%20b                     | a b
            /%c3%a4                    | ä
            /a%2fb                     | a/b
            /%252e%252e/x              | %2e%2e/x
            /x?y=/../z                 | x
            /m/52:54:00:4b:4c:01/order | m/52:54:00:4b:4c:01/order
            http://host:80/a           | a
            HTTP://host                | ''
            /...                       | ...
            //grubx64.efi              | grubx64.efi
            /a//b                      | a/b
            """)
    void decodesATargetOnce(String target, String path) {
        assertThat(RequestTarget.of(target)).isEqualTo(new RequestTarget.Clean(path));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "*", "/a/", "//..//a", "/..", "/../a", "/a/..", "/a/../b", "/./a",
            "/%2e%2e/a",
            "/%2E./a", "/a%2f..%2fb", "/a%00b", "/a\\b", "/a%5cb", "/a%0ab", "/%", "/%4", "/%zz", "/%+1", "/a b",
            "/a#b",
            "/ä", "/%ff", "/%c0%ae%c0%ae/a", "/%7f", "https://host/a", "file:///etc/passwd", "/a/%2e"})
    void refusesADoubtfulTarget(String target) {
        assertThat(RequestTarget.of(target)).isInstanceOf(RequestTarget.Refused.class);
    }

    @ParameterizedTest
    @CsvSource({"bytes=0-,0,100", "bytes=0-0,0,1", "bytes=10-19,10,10", "bytes=90-500,90,10", "bytes=-1,99,1",
            "bytes=-500,0,100", "bytes=99-,99,1", "Bytes=5-6,5,2"})
    void findsTheRange(String header, long from, long length) {
        assertThat(ByteRange.of(header, 100)).isEqualTo(parts(new ByteRange.Part(from, length)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes=100-", "bytes=500-600", "bytes=-0"})
    void saysWhereThereIsNoSuchRange(String header) {
        assertThat(ByteRange.of(header, 100)).isEqualTo(new ByteRange.Unsatisfiable());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "lines=1-2", "bytes=,", "bytes=0-1,x",
            "bytes=99999999999999999999-"})
    void givesEverythingWhereTheHeaderIsNonsense(String header) {
        assertThat(ByteRange.of(header, 100)).isEqualTo(new ByteRange.Whole());
    }

    @Test
    void hasNoRangeOfAnEmptyFile() {
        assertThat(ByteRange.of("bytes=0-", 0)).isEqualTo(new ByteRange.Unsatisfiable());
        assertThat(ByteRange.of(null, 0)).isEqualTo(new ByteRange.Whole());
    }

    @Test
    void keepsTheOrderOfPartsThatDoNotOverlap() {
        assertThat(ByteRange.of("bytes=90-, 0-4 ,,50-59,200-", 100)).isEqualTo(parts(new ByteRange.Part(90, 10),
                new ByteRange.Part(0, 5), new ByteRange.Part(50, 10)));
    }

    @Test
    void joinsPartsThatOverlapSoThatNothingIsSentTwice() {
        assertThat(ByteRange.of("bytes=50-60,0-9,5-20,0-,-1", 100)).isEqualTo(parts(new ByteRange.Part(0, 100)));
        assertThat(ByteRange.of("bytes=50-60,0-9,5-20", 100)).isEqualTo(parts(new ByteRange.Part(0, 21),
                new ByteRange.Part(50, 11)));
    }

    @Test
    void givesEverythingWhereFarTooManyPartsAreAsked() {
        String many = "bytes=" + "0-0,".repeat(ByteRange.MAX_PARTS);
        assertThat(ByteRange.of(many, 100)).isEqualTo(parts(new ByteRange.Part(0, 1)));
        assertThat(ByteRange.of(many + "5-6", 100)).isEqualTo(new ByteRange.Whole());
    }

    private static ByteRange parts(ByteRange.Part... parts) {
        return new ByteRange.Parts(List.of(parts));
    }
}
