ARG BASE
FROM $BASE
CMD ["echo", "a b", "$HOME"]
