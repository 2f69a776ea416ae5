# syntaxless
ARG BASE
FROM $BASE
COPY <<one.txt <<"two.txt" /here/
home is $HOME
one.txt
home is $HOME
two.txt
