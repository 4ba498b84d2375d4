package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.archive.CpioWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The modules of one kernel. A kernel package has no {@code modules.dep} (depmod makes it at installation), so what a
 * module needs and which devices it drives is read from its {@code .modinfo} section, and the two indexes that modprobe
 * needs are written for the chosen modules only.
 */
final class KernelModules {
    private final String release;
    private final Path directory;
    private final Map<String, Path> files = new TreeMap<>();

    private KernelModules(String release, Path directory) {
        this.release = release;
        this.directory = directory;
    }

    /**
     * @param directory {@code lib/modules/RELEASE} of an unpacked kernel package
     */
    static KernelModules in(Path directory) throws IOException {
        KernelModules modules = new KernelModules(String.valueOf(directory.getFileName()), directory);
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path file : walk.filter(Files::isRegularFile).sorted().toList()) {
                String name = String.valueOf(file.getFileName());
                int end = name.indexOf(".ko");
                if (end > 0) {
                    modules.files.put(canonical(name.substring(0, end)), file);
                }
            }
        }
        if (modules.files.isEmpty()) {
            throw new IOException(directory + " holds no kernel modules");
        }
        return modules;
    }

    /** The wanted modules that this kernel has, with all that they need. What it does not have is left out. */
    Selection select(Collection<String> wanted) throws IOException {
        Map<String, Module> chosen = new LinkedHashMap<>();
        for (String name : wanted) {
            choose(canonical(name), chosen);
        }
        return new Selection(release, List.copyOf(new TreeMap<>(chosen).values()));
    }

    private void choose(String name, Map<String, Module> chosen) throws IOException {
        Path file = files.get(name);
        if (file == null || chosen.containsKey(name)) {
            return;
        }
        byte[] content = content(file);
        String path = directory.relativize(file).toString();
        Module module = Module.of(name, path.substring(0, path.indexOf(".ko") + 3), content);
        chosen.put(name, module);
        for (String needed : module.depends()) {
            choose(needed, chosen);
        }
        for (String needed : module.softDepends()) {
            choose(needed, chosen);
        }
    }

    /** Debian 13 compresses its modules with xz, others with zstd; the JDK reads neither. */
    private static byte[] content(Path file) throws IOException {
        String name = file.toString();
        Path directory = file.resolveSibling("");
        if (name.endsWith(".ko.xz")) {
            return Command.bytes(directory, List.of("xz", "-dc", name));
        }
        if (name.endsWith(".ko.zst")) {
            return Command.bytes(directory, List.of("zstd", "-dcq", name));
        }
        return Files.readAllBytes(file);
    }

    /** The kernel takes a dash and an underscore in a module's name for the same. */
    private static String canonical(String name) {
        return name.replace('-', '_');
    }

    private record Module(String name, String path, byte[] content, List<String> depends, List<String> softDepends,
            List<String> aliases) {
        static Module of(String name, String path, byte[] content) throws IOException {
            List<String> info = Elf.of(content, path).texts(".modinfo");
            return new Module(name, path, content, values(info, "depends=", ","), softly(info),
                    info.stream().filter(line -> line.startsWith("alias=")).map(line -> line.substring(6)).toList());
        }

        private static List<String> values(List<String> info, String key, String separator) {
            return info.stream().filter(line -> line.startsWith(key))
                    .flatMap(line -> Stream.of(line.substring(key.length()).split(separator)))
                    .filter(value -> !value.isBlank()).map(KernelModules::canonical).toList();
        }

        /** "pre: a b post: c": wanted when they exist. */
        private static List<String> softly(List<String> info) {
            return values(info, "softdep=", " +").stream().filter(word -> !word.endsWith(":")).toList();
        }
    }

    /** Chosen modules, in the order of their names. */
    static final class Selection {
        private final String release;
        private final List<Module> modules;

        private Selection(String release, List<Module> modules) {
            this.release = release;
            this.modules = modules;
        }

        List<String> names() {
            return modules.stream().map(Module::name).toList();
        }

        void writeTo(CpioWriter archive) throws IOException {
            String root = "lib/modules/" + release;
            archive.directories(root);
            StringBuilder dep = new StringBuilder();
            StringBuilder alias = new StringBuilder();
            Map<String, Module> byName = new TreeMap<>();
            modules.forEach(module -> byName.put(module.name(), module));
            for (Module module : modules) {
                String file = root + "/" + module.path();
                archive.directories(file.substring(0, file.lastIndexOf('/')));
                archive.file(file, 0644, module.content());
                Map<String, Module> all = new LinkedHashMap<>();
                needs(module, byName, all);
                dep.append(module.path()).append(':');
                all.values().forEach(needed -> dep.append(' ').append(needed.path()));
                dep.append('\n');
                module.aliases().forEach(
                        each -> alias.append("alias ").append(each).append(' ').append(module.name()).append('\n'));
            }
            archive.file(root + "/modules.dep", 0644, dep.toString().getBytes(UTF_8));
            archive.file(root + "/modules.alias", 0644, alias.toString().getBytes(UTF_8));
        }

        /** All that is needed, directly or not, each before what it needs itself: the order of depmod. */
        private static void needs(Module module, Map<String, Module> byName, Map<String, Module> all) {
            for (String name : module.depends()) {
                Module needed = byName.get(name);
                if (needed != null) {
                    all.remove(name);
                    all.put(name, needed);
                    needs(needed, byName, all);
                }
            }
        }
    }
}
