ARG BASE
FROM $BASE
RUN --mount=type=bind,source=tree,target=/mnt/tree cp /mnt/tree/one.txt /copied
RUN --mount=target=/mnt/all cat /mnt/all/tree/two.txt > /two
