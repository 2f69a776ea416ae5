ARG BASE
FROM $BASE
COPY tree/*.txt /texts/
COPY tree/t?o.* /two/
COPY tree/[a-o]*.txt /range/
