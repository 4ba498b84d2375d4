"""Types at a terminal: FILE COMMAND... - each line of FILE is "what the program asks for<TAB>what is typed".

Prints all that the terminal showed, and ends as the command does. A question that never comes ends it with 99."""
import os
import pty
import select
import sys
import time

with open(sys.argv[1], encoding="utf-8") as file:
    dialogue = [line.rstrip("\n").split("\t") for line in file]
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown, seen, end = b"", 0, time.monotonic() + 60
while time.monotonic() < end:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody has the other end open
            break
        if not piece:
            break
        shown += piece
    if dialogue and dialogue[0][0].encode() in shown[seen:]:
        seen = len(shown)
        time.sleep(0.2)  # a person is never quicker than the program that turns the echo off
        os.write(terminal, dialogue.pop(0)[1].encode() + b"\r")  # the key Enter
sys.stdout.buffer.write(shown)
sys.stdout.flush()
if dialogue or time.monotonic() >= end:
    os.kill(child, 9)
    os.waitpid(child, 0)
    sys.exit(99)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
