ARG BASE
FROM $BASE
COPY symlinks /symlinks
RUN mkdir /real && ln -s /real /link
COPY tree/one.txt /link/
