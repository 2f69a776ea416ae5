arg BASE
from $BASE as first
run echo x > /x
from first
copy tree/one.txt /
user 5
