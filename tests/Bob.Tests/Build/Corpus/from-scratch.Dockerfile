FROM scratch
COPY tree/one.txt /one.txt
ENV A=b
