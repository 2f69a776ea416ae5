ARG BASE
FROM $BASE AS maker
RUN mkdir /out && echo made > /out/made
FROM $BASE
RUN --mount=type=bind,from=maker,source=/out,target=/in cp /in/made /made
