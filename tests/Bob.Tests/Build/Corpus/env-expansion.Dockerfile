ARG BASE
FROM $BASE
ENV DIR=/made/here NAME=x
WORKDIR $DIR
COPY tree/one.txt ${DIR}/${NAME:-y}.txt
LABEL dir=$DIR
