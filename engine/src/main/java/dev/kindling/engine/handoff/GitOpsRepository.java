package dev.kindling.engine.handoff;

import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheBuilder;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.errors.NotSupportedException;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.NullProgressMonitor;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.PushResult;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.RemoteRefUpdate;
import org.eclipse.jgit.transport.Transport;
import org.eclipse.jgit.transport.URIish;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.jspecify.annotations.Nullable;

/**
 * The bare repository {@code gitops.git} of a workspace. Trees are committed without a working copy, on top of what the
 * branch holds: files of other clusters, and files that people have edited, stay.
 */
public final class GitOpsRepository implements AutoCloseable {
    private static final String NAME = "Kindling";
    private static final String EMAIL = "noreply@kindling.dev";
    private static final int PUSH_ATTEMPTS = 4;
    private static final int TIMEOUT_SECONDS = 60;

    private final Repository repository;
    private final Clock clock;

    private GitOpsRepository(Repository repository, Clock clock) {
        this.repository = repository;
        this.clock = clock;
    }

    /**
     * What became of a tree.
     *
     * @param commit the branch's newest commit
     * @param changed false: the branch held the tree already, and there is no new commit
     * @param pushed whether the remote has the commit
     * @param problems why it was not pushed; empty where it was, or where there is no remote
     */
    public record Published(String commit, boolean changed, boolean pushed, List<Problem> problems) {
        public Published {
            problems = List.copyOf(problems);
        }
    }

    /** Opens {@code gitops.git} in a workspace, or makes it. */
    public static GitOpsRepository open(Path workspace, Clock clock) throws IOException {
        JGitSystem.install();
        Path directory = workspace.resolve("gitops.git");
        Repository repository = new FileRepositoryBuilder().setGitDir(directory.toFile()).setBare().build();
        if (!Files.exists(directory.resolve("HEAD"))) {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            repository.create(true);
        }
        return new GitOpsRepository(repository, clock);
    }

    /** Where it lies. */
    public Path directory() {
        return repository.getDirectory().toPath();
    }

    /**
     * Commits a tree to a branch and pushes that to a remote. Where the remote is ahead, the commit goes on top of it;
     * nothing is ever forced. That the remote cannot be reached is a problem in the answer, and the commit stays here.
     *
     * @param run for the commit message
     * @param remote URL; null: none
     */
    public Published publish(GitOpsTree tree, String branch, String run, @Nullable String remote) throws IOException {
        if (remote == null) {
            return commit(tree, branch, run, Optional.empty());
        }
        String shown = RemoteUrl.withoutCredentials(remote);
        boolean changed = false;
        Published published = null;
        try {
            for (int attempt = 0; attempt < PUSH_ATTEMPTS; attempt++) {
                Optional<ObjectId> theirs = fetch(remote, branch);
                Published latest = commit(tree, branch, run, theirs);
                changed |= latest.changed();
                published = new Published(latest.commit(), changed, false, List.of());
                RemoteRefUpdate.Status status = push(remote, branch);
                if (status == RemoteRefUpdate.Status.OK || status == RemoteRefUpdate.Status.UP_TO_DATE) {
                    return new Published(published.commit(), changed, true, List.of());
                }
                // Somebody else pushed in between: look again, and go on top of that.
                if (status != RemoteRefUpdate.Status.REJECTED_NONFASTFORWARD
                        && status != RemoteRefUpdate.Status.REJECTED_REMOTE_CHANGED) {
                    return unpushed(published, shown, "the remote answered " + status);
                }
            }
            return unpushed(published == null ? commit(tree, branch, run, Optional.empty()) : published, shown,
                    "others kept pushing to " + branch);
        } catch (TransportException | NotSupportedException e) {
            return unpushed(published == null ? commit(tree, branch, run, Optional.empty()) : published, shown,
                    redact(String.valueOf(e.getMessage()), remote, shown));
        }
    }

    private static Published unpushed(Published published, String remote, String message) {
        return new Published(published.commit(), published.changed(), false, List.of(Problem.error("git-push",
                "spec.handOff.remote", "the GitOps tree was not pushed to " + remote + ": " + message,
                "a repository that we may push to",
                "try 'git ls-remote " + remote + "'; the commit is in gitops.git of the workspace")));
    }

    private static String redact(String message, String remote, String shown) {
        return message.replace(remote, shown);
    }

    private Published commit(GitOpsTree tree, String branch, String run, Optional<ObjectId> theirs) throws IOException {
        String refName = Constants.R_HEADS + branch;
        for (;;) {
            Ref ref = repository.exactRef(refName);
            ObjectId ours = ref == null ? null : ref.getObjectId();
            try (RevWalk walk = new RevWalk(repository); ObjectInserter inserter = repository.newObjectInserter()) {
                List<ObjectId> parents = parents(walk, ours, theirs.orElse(null));
                ObjectId newTree = write(tree, parents.isEmpty() ? null : walk.parseCommit(parents.getFirst()),
                        inserter);
                ObjectId next;
                boolean changed = parents.size() != 1
                        || !walk.parseCommit(parents.getFirst()).getTree().equals(newTree);
                if (changed) {
                    CommitBuilder commit = new CommitBuilder();
                    commit.setTreeId(newTree);
                    commit.setParentIds(parents);
                    PersonIdent kindling = new PersonIdent(NAME, EMAIL, clock.instant(), ZoneOffset.UTC);
                    commit.setAuthor(kindling);
                    commit.setCommitter(kindling);
                    commit.setMessage("Cluster " + tree.cluster() + ": GitOps tree\n\nKindling-Run: " + run + "\n");
                    next = inserter.insert(commit);
                    inserter.flush();
                } else {
                    next = parents.getFirst();
                }
                if (next.equals(ours) || move(refName, ours, next)) {
                    pointHeadAt(refName);
                    return new Published(next.name(), changed, false, List.of());
                }
            }
        }
    }

    /** The newer of the two sides; both where each has what the other has not, the remote's first. */
    private static List<ObjectId> parents(RevWalk walk, @Nullable ObjectId ours, @Nullable ObjectId theirs)
            throws IOException {
        if (ours == null || theirs == null) {
            ObjectId only = ours == null ? theirs : ours;
            return only == null ? List.of() : List.of(only);
        }
        RevCommit mine = walk.parseCommit(ours);
        RevCommit other = walk.parseCommit(theirs);
        if (walk.isMergedInto(mine, other)) {
            return List.of(theirs);
        }
        return walk.isMergedInto(other, mine) ? List.of(ours) : List.of(theirs, ours);
    }

    /** The parent's tree with ours laid over it. */
    private ObjectId write(GitOpsTree tree, @Nullable RevCommit parent, ObjectInserter inserter) throws IOException {
        DirCache index = DirCache.newInCore();
        DirCacheBuilder builder = index.builder();
        Set<String> ownedDirectories = tree.ownedDirectories();
        Set<String> kept = new java.util.HashSet<>();
        if (parent != null) {
            try (TreeWalk walk = new TreeWalk(repository)) {
                walk.addTree(parent.getTree());
                walk.setRecursive(true);
                while (walk.next()) {
                    String path = walk.getPathString();
                    if (!tree.owned().containsKey(path) && ownedDirectories.stream().noneMatch(path::startsWith)) {
                        builder.add(entry(path, walk.getFileMode(0), walk.getObjectId(0)));
                        kept.add(path);
                    }
                }
            }
        }
        for (Map.Entry<String, String> file : tree.files().entrySet()) {
            if (!kept.contains(file.getKey())) {
                builder.add(entry(file.getKey(), FileMode.REGULAR_FILE,
                        inserter.insert(Constants.OBJ_BLOB, file.getValue().getBytes(StandardCharsets.UTF_8))));
            }
        }
        builder.finish();
        ObjectId id = index.writeTree(inserter);
        inserter.flush();
        return id;
    }

    private static DirCacheEntry entry(String path, FileMode mode, ObjectId id) {
        DirCacheEntry entry = new DirCacheEntry(path);
        entry.setFileMode(mode);
        entry.setObjectId(id);
        return entry;
    }

    /** False where somebody else moved the branch in between. */
    private boolean move(String refName, @Nullable ObjectId from, ObjectId to) throws IOException {
        RefUpdate update = repository.updateRef(refName);
        update.setExpectedOldObjectId(from == null ? ObjectId.zeroId() : from);
        update.setNewObjectId(to);
        update.setRefLogMessage("kindling: GitOps tree", false);
        return switch (update.update()) {
            case NEW, FAST_FORWARD, NO_CHANGE -> true;
            case LOCK_FAILURE -> false;
            case NOT_ATTEMPTED, FORCED, REJECTED, REJECTED_CURRENT_BRANCH, IO_FAILURE, RENAMED, REJECTED_MISSING_OBJECT,
                    REJECTED_OTHER_REASON ->
                throw new IOException(directory() + ": the branch " + refName + " could not be moved");
        };
    }

    /** A clone checks out what HEAD names: our branch, unless HEAD's branch exists. */
    private void pointHeadAt(String refName) throws IOException {
        Ref head = repository.exactRef(Constants.HEAD);
        if (head == null || head.getObjectId() == null) {
            repository.updateRef(Constants.HEAD).link(refName);
        }
    }

    private Optional<ObjectId> fetch(String remote, String branch) throws IOException {
        String tracking = "refs/remotes/origin/" + branch;
        try (Transport transport = open(remote)) {
            boolean exists;
            try (var connection = transport.openFetch()) {
                exists = connection.getRef(Constants.R_HEADS + branch) != null;
            }
            if (!exists) {
                return Optional.empty();
            }
            transport.fetch(NullProgressMonitor.INSTANCE,
                    List.of(new RefSpec("+" + Constants.R_HEADS + branch + ":" + tracking)));
        }
        return Optional.ofNullable(repository.exactRef(tracking)).map(Ref::getObjectId);
    }

    private RemoteRefUpdate.Status push(String remote, String branch) throws IOException {
        try (Transport transport = open(remote)) {
            PushResult result = transport.push(NullProgressMonitor.INSTANCE,
                    new ArrayList<>(transport.findRemoteRefUpdatesFor(
                            List.of(new RefSpec(Constants.R_HEADS + branch + ":" + Constants.R_HEADS + branch)))));
            return result.getRemoteUpdate(Constants.R_HEADS + branch).getStatus();
        }
    }

    private Transport open(String remote) throws IOException {
        try {
            Transport transport = Transport.open(repository, new URIish(remote));
            transport.setTimeout(TIMEOUT_SECONDS);
            return transport;
        } catch (URISyntaxException e) {
            throw new NotSupportedException("this is no address of a Git repository");
        }
    }

    @Override
    public void close() {
        repository.close();
    }
}
