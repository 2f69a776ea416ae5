ARG BASE
FROM $BASE
RUN ["/bin/sh", "-c", "echo exec > /exec"]
