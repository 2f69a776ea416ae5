ARG BASE
FROM $BASE
ENV ONE=1 TWO="a b" THREE=a\ b
ENV FOUR a b  c
ENV FIVE=${ONE}${TWO}
RUN env | grep -E '^(ONE|TWO|THREE|FOUR|FIVE)=' | sort > /env
