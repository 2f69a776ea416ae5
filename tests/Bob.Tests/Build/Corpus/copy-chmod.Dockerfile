ARG BASE
FROM $BASE
COPY --chmod=0751 tree/one.txt /one.txt
