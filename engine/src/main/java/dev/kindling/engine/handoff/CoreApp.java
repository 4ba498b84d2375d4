package dev.kindling.engine.handoff;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An application with a Helm chart that we know how to set up. The list is {@code core-apps.yaml}.
 *
 * @param repository of the chart
 * @param version of the chart, pinned
 * @param wave Argo CD's sync wave: lower ones first
 * @param serverSideApply true where its CRDs are too large for kubectl's annotation (262,144 bytes)
 * @param privileged true where its pods need more than the Pod Security level "baseline" allows
 */
record CoreApp(String name, String repository, String chart, String version, String namespace, int wave,
        boolean serverSideApply, boolean privileged) {

    static List<CoreApp> all() {
        try (@Nullable
        InputStream list = CoreApp.class.getResourceAsStream("core-apps.yaml")) {
            if (list == null) {
                throw new IllegalStateException("core-apps.yaml is not on the class path");
            }
            return YAMLMapper.builder().build().readValue(list, new TypeReference<List<CoreApp>>() {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
