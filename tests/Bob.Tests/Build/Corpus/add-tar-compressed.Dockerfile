ARG BASE
FROM $BASE
ADD files.tar.gz /unpacked/
