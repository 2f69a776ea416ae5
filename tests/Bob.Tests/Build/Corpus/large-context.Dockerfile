ARG BASE
FROM $BASE
COPY large /large
