#!/usr/bin/env bash
# Runs a command until standard input ends, so that it does not outlive the test at the other end of the pipe.
# Usage: tether.sh COMMAND [ARGUMENT...]
set -euo pipefail
"$@" </dev/null &
child=$!
trap 'kill -TERM "$child" 2>/dev/null || true' TERM INT HUP
# whichever comes first: the end of the pipe, or of the command
{ cat >/dev/null; kill -TERM "$child" 2>/dev/null || true; } <&0 &
code=0
wait "$child" || code=$?
exit "$code"
