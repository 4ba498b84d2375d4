package dev.kindling.desktop;

import atlantafx.base.theme.Styles;
import dev.kindling.desktop.vm.Desk;
import dev.kindling.desktop.vm.Rack;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Draft;
import java.util.Locale;
import javafx.beans.InvalidationListener;
import javafx.geometry.Pos;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;

/** What there is to open, and what can be begun. */
final class StartView implements View {
    private final Desk desk;
    private final VBox clusters = new VBox(8);
    private final VBox unfinished = new VBox();
    private final Button begin;
    private final ScrollPane root;

    StartView(Desk desk, Runnable openFile) {
        this.desk = desk;
        begin = Ui.button("_New cluster", Icon.PLUS, desk::startNew);
        begin.setId("new");
        begin.setDefaultButton(true);
        begin.getStyleClass().add(Styles.ACCENT);
        Button open = Ui.button("_Open a definition...", Icon.FILE, openFile);
        open.setId("open");
        Button virtual = Ui.button("_Virtual machines", Icon.RACK, () -> desk.startDemo(false));
        virtual.setId("demo-virtual");
        Button simulated = Ui.button("Si_mulated machines", Icon.RACK, () -> desk.startDemo(true));
        simulated.setId("demo-simulated");

        HBox cards = new HBox(16,
                card("Build a cluster", "Name the machines, check everything, see the plan, then watch it happen. "
                        + "Nothing is touched before you start the run.", begin, open),
                card("Try a demo rack", "A control plane and two workers: as QEMU machines on this computer, "
                        + "or as programs that speak the boot protocols.", virtual, simulated));
        VBox content = new VBox(24,
                Ui.heading("From bare machines to a running cluster",
                        "Kindling boots machines over the network, installs them and forms the cluster."),
                cards, unfinished, clusters);
        content.getStyleClass().add("page");
        root = new ScrollPane(content);
        root.setFitToWidth(true);
        desk.clusters().addListener((InvalidationListener) _ -> listClusters());
        desk.unfinished().addListener((_, _, draft) -> offer(draft));
        listClusters();
        offer(desk.unfinished().get());
    }

    private static VBox card(String title, String text, Button... buttons) {
        Region gap = new Region();
        VBox.setVgrow(gap, Priority.ALWAYS);
        VBox card = new VBox(10, Ui.label(title, Styles.TITLE_4), Ui.wrapped(text, Styles.TEXT_MUTED), gap,
                Ui.row(10, buttons));
        card.getStyleClass().add("card");
        card.setPrefWidth(470);
        card.setMinHeight(Region.USE_PREF_SIZE);
        return card;
    }

    private void offer(@org.jspecify.annotations.Nullable Draft draft) {
        Ui.show(unfinished, draft != null);
        if (draft == null) {
            unfinished.getChildren().clear();
            return;
        }
        Button go = Ui.button("_Continue", Icon.PEN, desk::goOn);
        go.setId("continue");
        String name = draft.name().isEmpty() ? "a cluster without a name" : draft.name();
        int count = draft.machines().size();
        HBox row = Ui.row(12, Icon.PEN.node(), new VBox(2, Ui.label("Unfinished answers: " + name, Styles.TEXT_BOLD),
                Ui.label(count + (count == 1 ? " machine" : " machines"), Styles.TEXT_MUTED)), Ui.spacer(), go);
        row.getStyleClass().add("list-row");
        unfinished.getChildren().setAll(row);
    }

    private void listClusters() {
        clusters.getChildren().setAll(Ui.label("Clusters of this workspace", Styles.TITLE_4));
        if (desk.clusters().isEmpty()) {
            clusters.getChildren().add(Ui.label("None yet.", Styles.TEXT_MUTED));
        }
        for (ClusterStatus cluster : desk.clusters()) {
            clusters.getChildren().add(clusterRow(cluster));
        }
    }

    private HBox clusterRow(ClusterStatus cluster) {
        Label name = Ui.label(cluster.name(), Styles.TEXT_BOLD);
        Label reason = Ui.label(cluster.reason() + " - " + Rack.ready(cluster) + " of " + cluster.machines().size()
                + " machines ready", Styles.TEXT_MUTED);
        Button watch = Ui.button("Open", Icon.RACK, () -> desk.attach(cluster.name()));
        watch.setId("open-" + cluster.name());
        watch.setAccessibleText("Open the rack of " + cluster.name() + ", "
                + cluster.state().name().toLowerCase(Locale.ROOT));
        Button edit = Ui.button("Change or resume", Icon.PEN, () -> desk.edit(cluster.name()));
        edit.setAccessibleText("Change or resume " + cluster.name());
        HBox row = Ui.row(12, new VBox(2, name, reason), Ui.spacer(), States.pill(cluster.state()), watch, edit);
        row.getStyleClass().add("list-row");
        row.setAlignment(Pos.CENTER_LEFT);
        return row;
    }

    @Override
    public Parent node() {
        return root;
    }

    @Override
    public void focus() {
        begin.requestFocus();
    }
}
