#!/bin/sh
# In place of Python: says what it can do, and crashes when it should do it.
case "$*" in
*--list*) echo '{"version":"1","workloads":["chained_spawn"]}' ;;
*) kill -SEGV $$ ;;
esac
