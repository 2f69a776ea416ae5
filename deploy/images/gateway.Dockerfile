# A gateway of the cluster: no shell, no package manager, no root, nothing that is written to.
# The build context is what `dotnet publish silo` made.
ARG DOTNET=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
FROM ${DOTNET}
COPY . /app/
# Diagnostics would be a socket in /tmp through which the process can be read; there is no /tmp to write to either.
ENV DOTNET_EnableDiagnostics=0
# By number, so that a kubelet can see that it is not root.
USER 1654:1654
EXPOSE 8080 9500 9501
ENTRYPOINT ["/app/imagebuilder-silo"]
CMD ["gateway", "--config", "/etc/imagebuilder/config.json"]
