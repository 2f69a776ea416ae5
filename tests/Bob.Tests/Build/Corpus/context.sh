# Makes the build context of the corpus in the current folder; with "large", one of 20,000 files.
set -e
mkdir -p tree/deep links sparse odd symlinks
echo one > tree/one.txt
echo two > tree/two.txt
echo three > tree/deep/three.txt
echo spaces > "tree/with space.txt"
chmod 750 tree/deep
echo linked > links/first
ln links/first links/second
truncate -s 50M sparse/hole
printf end >> sparse/hole
for name in nul con aux prn com1 null zero tty .dot -dash '~tilde' 'a*b' 'back\slash' 'new
line' '#hash' '$VAR' "quote'\"" ünï "$(printf 'latin\351')" "$(printf '\377\376')"; do
    echo "$name" > "odd/$name"
done
ln -s one.txt symlinks/relative
ln -s /etc/passwd symlinks/absolute
ln -s ../tree symlinks/folder
if [ "$1" = large ]; then
    for folder in $(seq 200); do
        mkdir -p large/$folder
        (cd large/$folder && seq 100 | xargs touch)
    done
fi
tar -cf files.tar tree links
tar -czf files.tar.gz tree symlinks
printf 'ignored*\n!ignored-not\n' > .dockerignore
touch ignored-one ignored-not
