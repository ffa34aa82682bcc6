#!/bin/bash
# SPDX-License-Identifier: MIT
#
# udev-late.sh - udev.sh with one install that holds its lock for longer than the 180 s after which
# udev drops the events of a locked disk.
# lane: asleep

HOLD=200 INSTALLS=1 exec "$(dirname "$0")/udev.sh"
