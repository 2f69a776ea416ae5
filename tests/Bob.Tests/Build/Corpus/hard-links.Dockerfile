ARG BASE
FROM $BASE
COPY links /links
RUN ls -li /links | wc -l > /count; ln /links/first /links/third
