package dev.kindling.engine.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.handoff.GitOpsRepository.Published;
import dev.kindling.engine.model.HandOff;
import dev.kindling.engine.status.Clusters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the real git program (Debian package git). */
class GitOpsRepositoryTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC);

    @TempDir
    Path directory;

    private Path workspace;
    private Path remote;

    @BeforeEach
    void remote() throws Exception {
        workspace = Files.createDirectory(directory.resolve("workspace"));
        remote = directory.resolve("remote.git");
        git(directory, "init", "--quiet", "--bare", remote.toString());
    }

    @Test
    void gitClonesWhatWasCommittedAndFindsItSound() throws Exception {
        GitOpsTree tree = GitOpsTreeTest.tree();
        Published published = publish(tree, "main", null);
        assertThat(published.changed()).isTrue();
        assertThat(published.pushed()).isFalse();
        assertThat(published.problems()).isEmpty();
        Path bare = workspace.resolve("gitops.git");
        assertThat(git(bare, "fsck", "--strict", "--full")).doesNotContain("error");
        Path clone = directory.resolve("clone");
        git(directory, "clone", "--quiet", bare.toString(), clone.toString());
        for (var file : tree.files().entrySet()) {
            assertThat(Files.readString(clone.resolve(file.getKey()))).isEqualTo(file.getValue());
        }
        assertThat(git(clone, "ls-files").lines()).containsExactlyElementsOf(tree.files().keySet());
        assertThat(git(clone, "log", "--format=%H %an <%ae> %cI|%s|%(trailers:key=Kindling-Run,separator=)").strip())
                .isEqualTo(published.commit() + " Kindling <noreply@kindling.dev> 2026-01-02T03:04:05+00:00|"
                        + "Cluster demo: GitOps tree|Kindling-Run: run-1");
    }

    @Test
    void makesNoNewCommitForTheSameTree() throws Exception {
        Published first = publish(GitOpsTreeTest.tree(), "main", remote.toString());
        Published second = publish(GitOpsTreeTest.tree(), "main", remote.toString());
        assertThat(first.pushed()).isTrue();
        assertThat(second).isEqualTo(new Published(first.commit(), false, true, List.of()));
        assertThat(git(remote, "rev-list", "--count", "main").strip()).isEqualTo("1");
    }

    @Test
    void keepsWhatPeopleAndOtherClustersHaveInTheRepository() throws Exception {
        publish(GitOpsTreeTest.tree(), "main", remote.toString());
        Path clone = cloneRemote();
        Files.writeString(clone.resolve("manifests/cert-manager/demo/values.yaml"), "edited: true\n");
        Files.writeString(clone.resolve("README.md"), "ours\n");
        Files.writeString(clone.resolve("gitops/core/apps/demo/stale.yaml"), "left over\n");
        Files.createDirectories(clone.resolve("gitops/core/apps/demo-2"));
        Files.writeString(clone.resolve("gitops/core/apps/demo-2/x.yaml"), "another cluster\n");
        commitAndPush(clone);

        Published published = publish(
                GitOpsTree.of(Clusters.of("demo", 1, 2, new HandOff("main", null, List.of("cert-manager")))),
                "main", remote.toString());
        assertThat(published.pushed()).isTrue();
        git(clone, "pull", "--quiet", "--ff-only");
        assertThat(Files.readString(clone.resolve("manifests/cert-manager/demo/values.yaml")))
                .isEqualTo("edited: true\n");
        assertThat(clone.resolve("README.md")).exists();
        assertThat(clone.resolve("gitops/core/apps/demo-2/x.yaml")).exists();
        assertThat(clone.resolve("gitops/core/apps/demo/stale.yaml")).doesNotExist();
        assertThat(clone.resolve("gitops/core/apps/demo/metallb.yaml")).doesNotExist();
        assertThat(git(remote, "rev-list", "--count", "main").strip()).isEqualTo("3");
    }

    @Test
    void joinsBothSidesWhenTheyHaveGoneApart() throws Exception {
        publish(GitOpsTreeTest.tree(), "main", remote.toString());
        Path clone = cloneRemote();
        Files.writeString(clone.resolve("theirs.txt"), "theirs\n");
        commitAndPush(clone);
        Published alone = publish(GitOpsTree.of(Clusters.of("demo", 1, 2)), "main", null);
        Published joined = publish(GitOpsTree.of(Clusters.of("demo", 1, 3)), "main", remote.toString());
        assertThat(joined.pushed()).isTrue();
        assertThat(git(remote, "merge-base", "--is-ancestor", alone.commit(), "main")).isEmpty();
        assertThat(git(remote, "show", "main:theirs.txt")).isEqualTo("theirs\n");
        assertThat(git(remote, "fsck", "--strict", "--full")).doesNotContain("error");
    }

    @Test
    void aRemoteThatCannotBeReachedIsAProblemAndTheCommitStays() throws Exception {
        for (String address : List.of(directory.resolve("nowhere.git").toString(),
                "file://" + directory.resolve("nowhere.git"), "http://anna:canary-5f2e@127.0.0.1:1/gitops.git")) {
            Published published = publish(GitOpsTreeTest.tree(), "main", address);
            assertThat(published.pushed()).isFalse();
            assertThat(published.problems()).singleElement().satisfies(problem -> {
                assertThat(problem.code()).isEqualTo("git-push");
                assertThat(problem.toString()).doesNotContain("canary-5f2e").contains("git ls-remote");
            });
            assertThat(git(workspace.resolve("gitops.git"), "rev-parse", "main").strip()).isEqualTo(published.commit());
        }
    }

    @Test
    void aRemoteThatRefusesIsAProblem() throws Exception {
        publish(GitOpsTreeTest.tree(), "main", remote.toString());
        // What git itself leaves behind when it is killed: nobody can move the branch.
        Files.createFile(remote.resolve("refs/heads/main.lock"));
        Published published = publish(GitOpsTree.of(Clusters.of("demo", 1, 3)), "main", remote.toString());
        assertThat(published.pushed()).isFalse();
        assertThat(published.problems()).hasSize(1);
    }

    @Test
    void commitsToTheBranchOfTheDefinition() throws Exception {
        publish(GitOpsTreeTest.tree(), "clusters/demo", remote.toString());
        assertThat(git(remote, "for-each-ref", "--format=%(refname)").strip()).isEqualTo("refs/heads/clusters/demo");
        Path clone = directory.resolve("clone");
        git(directory, "clone", "--quiet", workspace.resolve("gitops.git").toString(), clone.toString());
        assertThat(git(clone, "branch", "--show-current").strip()).isEqualTo("clusters/demo");
    }

    private Published publish(GitOpsTree tree, String branch, @Nullable String to) throws IOException {
        try (GitOpsRepository repository = GitOpsRepository.open(workspace, CLOCK)) {
            return repository.publish(tree, branch, "run-1", to);
        }
    }

    private Path cloneRemote() throws Exception {
        Path clone = directory.resolve("clone");
        git(directory, "clone", "--quiet", "--branch", "main", remote.toString(), clone.toString());
        return clone;
    }

    private static void commitAndPush(Path clone) throws Exception {
        git(clone, "add", "--all");
        git(clone, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "-m", "by hand");
        git(clone, "push", "--quiet", "origin", "main");
    }

    private static String git(Path where, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(Arrays.asList(arguments));
        Process process;
        try {
            process = new ProcessBuilder(command).directory(where.toFile()).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new AssertionError("this test needs git: apt-get install git", e);
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(command + ": " + output).isZero();
        return output;
    }
}
