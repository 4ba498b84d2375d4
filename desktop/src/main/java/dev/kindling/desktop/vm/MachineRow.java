package dev.kindling.desktop.vm;

import dev.kindling.engine.api.Draft.DraftMachine;
import java.util.EnumMap;
import java.util.Map;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;

/** A machine as it is being typed. */
public final class MachineRow {
    private final Map<Field, StringProperty> answers = new EnumMap<>(Field.class);

    MachineRow(DraftMachine machine, Runnable changed) {
        for (Field field : Field.ofMachine()) {
            SimpleStringProperty answer = new SimpleStringProperty("");
            answers.put(field, answer);
        }
        answer(Field.MACHINE_NAME).set(machine.name());
        answer(Field.ROLE).set(machine.role());
        answer(Field.KIND).set(machine.kind());
        answer(Field.MAC).set(machine.mac());
        answer(Field.ADDRESS).set(machine.address());
        answer(Field.DISK).set(machine.diskSerial());
        answer(Field.FIRMWARE).set(machine.firmware());
        answers.values().forEach(answer -> answer.addListener((_, _, _) -> changed.run()));
    }

    /** One column, to be bound to a control. */
    public StringProperty answer(Field field) {
        StringProperty answer = answers.get(field);
        if (answer == null) {
            throw new IllegalArgumentException(field + " is not asked of a machine");
        }
        return answer;
    }

    /** What is typed now. */
    public String get(Field field) {
        return answer(field).get();
    }

    DraftMachine draft() {
        return new DraftMachine(get(Field.MACHINE_NAME).strip(), get(Field.ROLE), get(Field.KIND),
                get(Field.MAC).strip(), get(Field.ADDRESS).strip(), get(Field.DISK).strip(), get(Field.FIRMWARE));
    }
}
