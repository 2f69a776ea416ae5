ARG BASE
FROM $BASE
COPY odd /odd
RUN ls /odd | wc -l > /count
