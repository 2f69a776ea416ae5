ARG BASE
FROM $BASE
ARG A=one
ARG B=${A}-two
RUN echo $A $B ${C:-three} > /args
