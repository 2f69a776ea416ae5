ARG BASE
FROM $BASE
RUN --mount=type=cache,target=/cache,id=one echo x > /cache/x && cat /cache/x > /x
RUN --mount=type=cache,target=/other,id=one cat /other/x > /y
