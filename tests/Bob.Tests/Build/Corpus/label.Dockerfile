ARG BASE
FROM $BASE
LABEL a=b "c d"="e f" multi="line \
  two"
LABEL a=c
