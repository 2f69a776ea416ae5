# a comment
ARG BASE
# another
FROM $BASE
RUN echo a \
  # within
  b \

  c > /said
