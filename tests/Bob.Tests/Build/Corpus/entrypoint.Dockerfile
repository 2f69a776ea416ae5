ARG BASE
FROM $BASE
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["true"]
