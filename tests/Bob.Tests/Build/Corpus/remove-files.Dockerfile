ARG BASE
FROM $BASE
RUN mkdir /kept && echo a > /kept/a && echo b > /kept/b
RUN rm /kept/a && rm -r /tmp && echo c > /kept/c
