# A silo, which runs builds by bob beside it; also the service in one process. The build context is what `dotnet publish silo` made.
ARG BOB
FROM ${BOB}
COPY . /app/
EXPOSE 8080 9500 9501 11111 30000
# Containers see the kernel's control groups read-only; runc makes one for every step of a build, and the service one for every build.
ENTRYPOINT ["/bin/sh", "-ec", "for point in $(findmnt -rn -o TARGET -t cgroup,cgroup2); do mount -o remount,bind,rw \"$point\"; done; exec /app/imagebuilder-silo \"$@\"", "silo"]
CMD ["run", "--config", "/etc/imagebuilder/config.json"]
