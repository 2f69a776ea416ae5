ARG BASE
FROM $BASE
SHELL ["/bin/sh", "-eu", "-c"]
RUN echo shell > /shell
CMD echo $0
