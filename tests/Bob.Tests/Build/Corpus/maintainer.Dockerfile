ARG BASE
FROM $BASE
MAINTAINER Somebody <somebody@example.com>
