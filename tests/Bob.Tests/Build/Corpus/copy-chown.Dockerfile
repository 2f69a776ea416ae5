ARG BASE
FROM $BASE
COPY --chown=nobody:nogroup tree /tree
COPY --chown=1234 tree/one.txt /one.txt
