ARG BASE
FROM $BASE AS other
FROM scratch
COPY --from=other /bin/busybox /bin/busybox
