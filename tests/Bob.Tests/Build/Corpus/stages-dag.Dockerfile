ARG BASE
FROM $BASE AS root
RUN echo root > /root.txt
FROM root AS left
RUN echo left > /left.txt
FROM root AS right
RUN echo right > /right.txt
FROM $BASE AS unused
RUN false
FROM root
COPY --from=left /left.txt /
COPY --from=right /right.txt /
