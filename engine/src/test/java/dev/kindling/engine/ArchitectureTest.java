package dev.kindling.engine;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.junit.jupiter.api.Test;

/** The walls of the house. */
class ArchitectureTest {
    private static final String ROOT = "dev.kindling.engine";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("dev.kindling");

    private static void check(ArchRule rule) {
        rule.check(CLASSES);
    }

    @Test
    void theModelDependsOnNothingOfOurs() {
        check(noClasses().that().resideInAPackage(ROOT + ".model..").should().dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".api..", ROOT + ".plan..", ROOT + ".run..", ROOT + ".store..",
                        ROOT + ".boot..", ROOT + ".definition..", "dev.kindling.pxe..", "dev.kindling.iso..",
                        "java.nio.file..",
                        "java.io..", "java.sql..")
                .because("what a cluster is must be true without a disk or a network"));
    }

    @Test
    void theApiKnowsTheModelOnly() {
        check(noClasses().that().resideInAPackage(ROOT + ".api..").should().dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".plan..", ROOT + ".run..", ROOT + ".store..", ROOT + ".boot..",
                        ROOT + ".definition..", ROOT + ".status..", ROOT + ".secret..", "dev.kindling.pxe..",
                        "dev.kindling.iso..")
                .because("a user interface, or a client over HTTP, must be able to use it without the engine"));
    }

    @Test
    void onlyBootAndTheSimulatorTalkToTheBootService() {
        check(noClasses().that().resideInAnyPackage(ROOT + "..").and()
                .resideOutsideOfPackages(ROOT + ".boot..", ROOT + ".machine.simulated..").should().dependOnClassesThat()
                .resideInAnyPackage("dev.kindling.pxe..", "dev.kindling.iso..")
                .because(
                        "everything else speaks of machines and clusters; the simulator stands at the other end of the wire"));
    }

    @Test
    void theBootServiceAndTheImageBuilderKnowNeitherTheEngineNorEachOther() {
        check(noClasses().that().resideInAPackage("dev.kindling.pxe..").should().dependOnClassesThat()
                .resideInAnyPackage(ROOT + "..", "dev.kindling.iso..").because("each is usable alone"));
        check(noClasses().that().resideInAPackage("dev.kindling.iso..").should().dependOnClassesThat()
                .resideInAnyPackage(ROOT + "..", "dev.kindling.pxe..").because("each is usable alone"));
    }

    @Test
    void theRunKnowsNoDistributionAndNoMachine() {
        check(noClasses().that().resideInAPackage(ROOT + ".run..").should().dependOnClassesThat()
                .resideInAnyPackage(ROOT + ".distribution..", ROOT + ".machine..", ROOT + ".boot..",
                        ROOT + ".handoff..",
                        ROOT + ".definition..")
                .because("it executes any graph of steps"));
    }

    @Test
    void pureRoomsDoNoInputOrOutput() {
        check(noClasses().that().resideInAnyPackage(ROOT + ".plan..", ROOT + ".status..").should().dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "java.net.http..", "java.sql..", ROOT + ".store..",
                        "dev.kindling.pxe..")
                .because("plans and statuses are folds of recorded facts: the same facts give the same answer"));
    }

    @Test
    void onlyDefinitionParsesYaml() {
        check(noClasses().that().resideOutsideOfPackages(ROOT + ".definition..", ROOT + ".handoff..").and()
                .doNotHaveSimpleName("AssetCatalogue").should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.yaml.snakeyaml..", "com.fasterxml.jackson.dataformat.yaml..")
                .because("problems carry positions, which no second parser would have; the catalogue is our own data"));
    }

    @Test
    void nobodyDependsOnTheWiring() {
        check(noClasses().that().resideInAPackage(ROOT + ".(*)..").should().dependOnClassesThat().resideInAPackage(ROOT)
                .because("the root wires the rooms, not the other way round"));
    }

    @Test
    void packagesDoNotDependOnEachOtherInCircles() {
        SlicesRuleDefinition.slices().matching(ROOT + ".(*)..").should().beFreeOfCycles()
                .because("a circle cannot be understood from either end").check(CLASSES);
    }
}
