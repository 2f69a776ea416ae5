ARG BASE
FROM $BASE
RUN mkdir /data && echo before > /data/before
VOLUME /data /more
VOLUME ["/list a"]
