ARG BASE
FROM $BASE
COPY sparse /sparse
RUN stat -c %s /sparse/hole > /size
