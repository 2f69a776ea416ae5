ARG BASE
FROM $BASE
RUN <<EOF
#!/bin/sh
set -e
echo script > /script
EOF
