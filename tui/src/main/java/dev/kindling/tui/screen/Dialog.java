package dev.kindling.tui.screen;

import java.util.List;

/** Something in front of the screen that has to be answered first. */
sealed interface Dialog {
    /** What the keys mean. */
    record Help(int scroll) implements Dialog {}

    /** Something to be read. */
    record Notice(String title, List<String> lines) implements Dialog {
        public Notice {
            lines = List.copyOf(lines);
        }
    }

    /** Yes or no. */
    record Confirm(String title, List<String> lines, Then then) implements Dialog {
        public Confirm {
            lines = List.copyOf(lines);
        }
    }

    /** A line to be typed. */
    record Prompt(String title, List<String> lines, Input input, Then then) implements Dialog {
        public Prompt {
            lines = List.copyOf(lines);
        }

        Prompt with(Input newInput) {
            return new Prompt(title, lines, newInput, then);
        }
    }

    /** What an answer leads to. */
    enum Then {
        /** The run is asked to stop. */
        CANCEL_RUN,
        /** The answers of the wizard are thrown away. */
        LEAVE_WIZARD,
        /** The selected machine is removed from the draft. */
        REMOVE_MACHINE,
        /** The definition is written to the typed file. */
        SAVE,
        /** The same, and the run starts then. */
        SAVE_AND_START,
        /** The file in the prompt is replaced. */
        OVERWRITE,
        /** The same, and the run starts then. */
        OVERWRITE_AND_START,
        /** The run starts when the typed line is the cluster's name. */
        START,
        /** The primer is installed when the typed line is the disk's serial number. */
        INSTALL,
        /** The installation is finished when the typed line is the last group of the recovery key. */
        KEEP_KEY,
        /** The installation is not finished. */
        GIVE_UP_INSTALL,
        /** The machine restarts. */
        RESTART
    }
}
