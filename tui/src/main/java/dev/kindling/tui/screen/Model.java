package dev.kindling.tui.screen;

import dev.kindling.engine.api.ClusterStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the screens know.
 *
 * @param ascii draw with ASCII only
 * @param workspace for people
 * @param reattach the command that comes back to this workspace
 * @param read whether the clusters were read: before that, nobody knows that there are none
 * @param dialog in front of the screen; null: none
 * @param file that a definition is being written to; empty: none
 * @param remark one line that goes away with the next key; may be empty
 * @param live this is the live system of a primer medium, which installs the primer
 */
public record Model(Size size, boolean ascii, Instant now, String workspace, String reattach,
        List<ClusterStatus> clusters, boolean read, Screen screen, @Nullable Dialog dialog, String file, String remark,
        boolean live) {
    public Model {
        clusters = List.copyOf(clusters);
    }

    /** What the screens begin with; to be followed by {@link Update#first}. */
    public static Model start(Size size, boolean ascii, Instant now, String workspace, String reattach) {
        return new Model(size, ascii, now, workspace, reattach, List.of(), false, new Screen.Start(0), null, "", "",
                false);
    }

    Model with(Screen newScreen) {
        return new Model(size, ascii, now, workspace, reattach, clusters, read, newScreen, dialog, file, remark, live);
    }

    Model with(@Nullable Dialog newDialog) {
        return new Model(size, ascii, now, workspace, reattach, clusters, read, screen, newDialog, file, remark, live);
    }

    Model with(Size newSize) {
        return new Model(newSize, ascii, now, workspace, reattach, clusters, read, screen, dialog, file, remark, live);
    }

    Model with(Instant time) {
        return new Model(size, ascii, time, workspace, reattach, clusters, read, screen, dialog, file, remark, live);
    }

    Model with(List<ClusterStatus> newClusters) {
        return new Model(size, ascii, now, workspace, reattach, newClusters, true, screen, dialog, file, remark, live);
    }

    Model writing(String newFile) {
        return new Model(size, ascii, now, workspace, reattach, clusters, read, screen, dialog, newFile, remark, live);
    }

    Model remarking(String newRemark) {
        return new Model(size, ascii, now, workspace, reattach, clusters, read, screen, dialog, file, newRemark, live);
    }

    Model inLiveSystem() {
        return new Model(size, ascii, now, workspace, reattach, clusters, read, screen, dialog, file, remark, true);
    }

    /** The cluster whose run is before the eyes of the user. */
    public Optional<String> watched() {
        return screen instanceof Screen.Rack rack && (rack.running() || !rack.lost().isEmpty())
                ? Optional.of(rack.cluster())
                : Optional.empty();
    }

    Model closed() {
        return with((Dialog) null);
    }
}
