ARG BASE
FROM $BASE
RUN <<EOF
echo first > /first
echo second > /second
EOF
RUN <<EOF cat > /third
third
EOF
