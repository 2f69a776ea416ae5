ARG BASE
FROM $BASE
ADD files.tar /unpacked/
