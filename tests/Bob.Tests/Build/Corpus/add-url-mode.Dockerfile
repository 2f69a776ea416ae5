ARG BASE
FROM $BASE
ARG URL
ADD --chown=3:4 $URL/served.txt /into/
