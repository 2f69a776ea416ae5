ARG BASE
ARG OUTER=outer
FROM $BASE
RUN echo "[$OUTER]" > /before
ARG OUTER
RUN echo "[$OUTER]" > /after
