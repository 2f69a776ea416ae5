ARG BASE
FROM $BASE
RUN echo zero > /zero
FROM $BASE
COPY --from=0 /zero /zero
