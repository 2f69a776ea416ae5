# Sourced by demo.sh and test.sh: which package set is used ("Packages" in ARCHITECTURE.md).

# Sets package_set and says in one line which it is and why. Variable PACKAGES wins over the answer remembered in
# Packages.local.props; without either, the package source is asked, and its answer remembered.
choose_packages() {
    local answer="$root/Packages.local.props"
    if [ -n "${PACKAGES:-}" ]; then
        package_set=$PACKAGES
        echo "packages: set '$package_set', as the variable PACKAGES says"
    elif [ -f "$answer" ]; then
        package_set=$(sed -n 's:.*<Packages[^>]*>\([a-z]*\)</Packages>.*:\1:p' "$answer")
        echo "packages: set '$package_set', as Packages.local.props remembers"
    else
        ask_package_source
    fi
}

# A source that does not answer is not remembered as one that lacks the packages.
ask_package_source() {
    local log="$root/artifacts/packages.log"
    if timeout 180 dotnet restore "$root/eng/probe/Probe.csproj" -p:Packages=nuget --disable-build-servers >"$log" 2>&1; then
        remember_packages nuget
        echo "packages: set 'nuget', the package source has them all (remembered in Packages.local.props)"
    elif grep -qE 'NU110[123]|NU160[1-9]' "$log" && ! grep -q NU1301 "$log"; then
        remember_packages standin
        echo "packages: set 'standin', the package source lacks $(missing_packages "$log") (remembered in Packages.local.props)"
    else
        package_set=standin
        echo "packages: set 'standin' this time, the package source could not be asked (artifacts/packages.log)"
    fi
}

remember_packages() {
    package_set=$1
    cat >"$root/Packages.local.props" <<PROPS
<Project>
  <!-- What the package source answered to demo.sh or test.sh; delete this file to have it asked again. -->
  <PropertyGroup>
    <Packages>$1</Packages>
  </PropertyGroup>
</Project>
PROPS
}

# How many are missing, and one of them.
missing_packages() {
    local names
    names=$(sed -nE 's/.*error NU110[123]: Unable to find package ([A-Za-z0-9.]+).*/\1/p; s/.*error NU160[1-9]: .* but ([A-Za-z0-9.]+ [0-9.]+) was not found.*/\1/p' "$1" | sort -u)
    echo "$(wc -l <<<"$names") of them, such as $(grep -m 1 . <<<"$names")"
}
