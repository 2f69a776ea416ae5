ARG BASE
FROM $BASE
COPY ["tree/with space.txt", "/with space/"]
