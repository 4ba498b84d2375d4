package dev.kindling.desktop;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javafx.css.PseudoClass;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.geometry.Pos;

/**
 * How far a machine is, as one segment per stage. A stage that is over is filled, the current one is taller and filled
 * as far as it is, a stuck one is hatched by its mark; colour only repeats this.
 */
final class StageTrack extends HBox {
    private static final PseudoClass DONE = PseudoClass.getPseudoClass("done");
    private static final PseudoClass CURRENT = PseudoClass.getPseudoClass("current");
    private static final PseudoClass STUCK = PseudoClass.getPseudoClass("stuck");
    private static final PseudoClass READY = PseudoClass.getPseudoClass("ready");

    /** The stages that a machine passes; waiting is none. */
    private static final List<BootStage> STAGES = Arrays.stream(BootStage.values())
            .filter(stage -> stage != BootStage.WAITING).toList();

    private final Map<BootStage, Segment> segments = new EnumMap<>(BootStage.class);

    StageTrack() {
        super(3);
        setAlignment(Pos.CENTER_LEFT);
        getStyleClass().add("track");
        for (BootStage stage : STAGES) {
            Segment segment = new Segment();
            segments.put(stage, segment);
            HBox.setHgrow(segment, Priority.ALWAYS);
            Tooltip.install(segment, new Tooltip(stage.label()));
            getChildren().add(segment);
        }
    }

    void show(MachineStatus machine) {
        boolean ready = machine.stage() == BootStage.READY;
        segments.forEach((stage, segment) -> {
            boolean current = stage == machine.stage() && !ready;
            segment.pseudoClassStateChanged(READY, ready);
            segment.pseudoClassStateChanged(DONE, stage.compareTo(machine.stage()) < 0 || ready);
            segment.pseudoClassStateChanged(CURRENT, current);
            segment.pseudoClassStateChanged(STUCK, current && machine.stuck() != null);
            segment.fill(current ? (machine.progress() >= 0 ? machine.progress() : 1) : 0);
        });
        setAccessibleText(text(machine));
    }

    /** {@code writing disk, 42 %, 7 of 12}. */
    static String text(MachineStatus machine) {
        String percent = machine.progress() >= 0 && machine.stage() != BootStage.READY
                ? String.format(Locale.ROOT, ", %.0f %%", machine.progress() * 100)
                : "";
        return Problems.capital(machine.stage().label()) + percent + ", " + (STAGES.indexOf(machine.stage()) + 1)
                + " of "
                + STAGES.size();
    }

    /** One stage: a bar, and in it a bar as long as the progress. */
    private static final class Segment extends StackPane {
        private final Region inner = new Region();
        private double fraction;

        Segment() {
            getStyleClass().add("track-segment");
            inner.getStyleClass().add("track-fill");
            setAlignment(Pos.CENTER_LEFT);
            getChildren().add(inner);
        }

        void fill(double to) {
            fraction = to;
            inner.setVisible(to > 0);
            requestLayout();
        }

        @Override
        protected void layoutChildren() {
            inner.resizeRelocate(0, 0, snapSizeX(getWidth() * Math.clamp(fraction, 0, 1)), getHeight());
        }
    }
}
