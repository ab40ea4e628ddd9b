#!/bin/sh
# In place of Python: says what it can do, and does not end when it should do it.
case "$*" in
*--list*) echo '{"version":"1","workloads":["chained_spawn"]}' ;;
*) sleep 600 ;;
esac
