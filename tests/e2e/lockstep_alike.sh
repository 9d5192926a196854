#!/usr/bin/env bash
# Lockstep, the short form of tests/drills/lockstep.sh: three runs at demo_httpd have the same calls.
: "${FLOWDAR_SOURCE:?}"
exec bash "$FLOWDAR_SOURCE/tests/drills/lockstep.sh" 3 demo_httpd
