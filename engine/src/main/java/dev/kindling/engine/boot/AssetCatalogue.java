package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.util.List;
import java.util.Optional;

/** What can be downloaded for clusters: data in the assets module, {@code catalogue.yaml}. */
public final class AssetCatalogue {
    private static final String PLACE = "/dev/kindling/assets/catalogue.yaml";

    private final List<Template> templates;

    private AssetCatalogue(List<Template> templates) {
        this.templates = templates;
    }

    /**
     * Something to download.
     *
     * @param file its name in the list of checksums
     * @param checksums a list as {@code sha256sum} writes it
     */
    public record Asset(String name, String version, String file, URI url, URI checksums) {}

    private record Template(String name, String file, String url, String checksums) {}

    private record Document(List<Template> assets) {}

    /** Reads the catalogue that is part of Kindling. */
    public static AssetCatalogue load() throws IOException {
        try (InputStream in = AssetCatalogue.class.getResourceAsStream(PLACE)) {
            if (in == null) {
                throw new IOException("this build of Kindling lacks its file " + PLACE);
            }
            YAMLMapper mapper = YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
            return new AssetCatalogue(List.copyOf(mapper.readValue(in, Document.class).assets()));
        }
    }

    /** An asset in a version; empty where the catalogue does not have it. */
    public Optional<Asset> find(String name, String version) {
        // A + in a path is a plus, but some servers take it for a blank.
        String encoded = URLEncoder.encode(version, UTF_8);
        return templates.stream().filter(template -> template.name().equals(name)).findFirst()
                .map(template -> new Asset(name, version, template.file(),
                        URI.create(template.url().replace("{version}", encoded)),
                        URI.create(template.checksums().replace("{version}", encoded))));
    }
}
