ARG BASE
FROM $BASE
ARG URL
ADD $URL/served.txt /served.txt
