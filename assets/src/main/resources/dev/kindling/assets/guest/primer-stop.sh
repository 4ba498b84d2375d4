#!/bin/sh
# Before the machine restarts or goes off.
sync
umount -a -r 2>/dev/null
sync
