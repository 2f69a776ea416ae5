ARG BASE
FROM $BASE
COPY tree/one.txt tree/two.txt tree/deep/three.txt /many/
