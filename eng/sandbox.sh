# Sourced by the scripts in tests/ that run the sandbox; they have set root.
. "$root/eng/machine.sh"
. "$root/eng/packages.sh"

# Readies the machine and chooses the packages. Arguments: pairs of a program and its package, beside those that every build needs.
prepare_sandbox() {
    prepare_dotnet
    install_programs "$@"
    choose_packages
}

# Builds what the sandbox runs, and becomes it. Arguments: those of the sandbox.
run_sandbox() {
    build "$package_set" "$root/eng/demo.slnf"
    exec "$root/artifacts/$package_set/bin/Sandbox/release/sandbox" "$@"
}
