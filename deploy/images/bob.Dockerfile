# The builder command with the engine that it runs. The build context is what `dotnet publish src/Bob` made.
# Debian 12 has the versions of the engine and its programs that this project's tests run with.
ARG DOTNET=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
ARG DEBIAN=docker.io/library/debian:12-slim
FROM ${DOTNET} AS dotnet
FROM ${DEBIAN}
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        buildah ca-certificates git iproute2 libssl3 libstdc++6 netavark openssh-client runc slirp4netns \
    && rm -rf /var/lib/apt/lists/*
COPY --from=dotnet /usr/share/dotnet /usr/share/dotnet
COPY . /app/
ENV DOTNET_EnableDiagnostics=0
ENTRYPOINT ["/app/bob"]
