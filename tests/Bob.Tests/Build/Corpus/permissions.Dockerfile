ARG BASE
FROM $BASE
RUN touch /suid && chmod 4755 /suid && mkdir -m 1777 /sticky && mkfifo /pipe && ln -s /nowhere /dangling
