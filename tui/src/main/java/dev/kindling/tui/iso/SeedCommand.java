package dev.kindling.tui.iso;

import dev.kindling.iso.IsoBuilder;
import dev.kindling.iso.SeedMedium;
import dev.kindling.tui.cli.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso seed}. */
@Command(name = "seed", description = "Makes a small medium that tells a machine who it is: cloud-init, OpenStack's config drive, kickstart, Talos.")
final class SeedCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Option(names = "--user-data", paramLabel = "FILE", required = true, description = "cloud-config, autoinstall, kickstart or Talos' config")
    Path userData = Path.of("");

    @Option(names = "--meta-data", paramLabel = "FILE", description = "instance id and host name (default: an id made of the user data)")
    @Nullable
    Path metaData;

    @Option(names = "--network-config", paramLabel = "FILE", description = "netplan's format for cidata, network_data.json for config-2")
    @Nullable
    Path networkConfig;

    @Option(names = "--vendor-data", paramLabel = "FILE", description = "as user data, from whoever provides the machine")
    @Nullable
    Path vendorData;

    @Option(names = "--label", paramLabel = "LABEL", defaultValue = "cidata", description = "cidata, config-2, OEMDRV or metal-iso (default: ${DEFAULT-VALUE})")
    String label = "cidata";

    @Option(names = {"-o", "--output"}, paramLabel = "SEED.iso", required = true, description = "the medium")
    Path output = Path.of("");

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "seed runs below iso").cli();
        return Refusals.run("kindling iso seed", () -> {
            SeedMedium.Kind kind = SeedMedium.Kind.of(label);
            Path user = cli.world().directory().resolve(userData);
            IsoBuilder.write(
                    SeedMedium.of(kind, Files.readAllBytes(user), read(cli, metaData), read(cli, networkConfig),
                            read(cli, vendorData), Files.getLastModifiedTime(user).toInstant()),
                    cli.world().directory().resolve(output), new BuildScreen(cli));
        });
    }

    private static Optional<byte[]> read(Cli cli, @Nullable Path file) throws IOException {
        return file == null ? Optional.empty() : Optional.of(Files.readAllBytes(cli.world().directory().resolve(file)));
    }
}
