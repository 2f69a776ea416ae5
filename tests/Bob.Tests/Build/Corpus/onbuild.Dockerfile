ARG BASE
FROM $BASE AS trigger
ONBUILD RUN echo triggered > /triggered
ONBUILD COPY tree/one.txt /one.txt
FROM trigger
RUN cat /triggered > /seen
