ARG BASE
FROM $BASE
RUN --mount=type=secret,id=token,required=true sha256sum < /run/secrets/token > /sum
RUN --mount=type=secret,id=token,target=/here cat /here | wc -c > /length
