ARG BASE
FROM $BASE
USER nobody
RUN id -u > /tmp/id
USER 12:34
