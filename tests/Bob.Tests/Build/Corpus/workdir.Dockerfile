ARG BASE
FROM $BASE
WORKDIR /one
WORKDIR two
WORKDIR ../three
RUN pwd > /where && touch here
