#!/bin/sh
# Serves the folder named by the first argument.
exec httpd -f -p "$PORT" -h "$1"
