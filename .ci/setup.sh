# What `./run` and `./test` both need before they can build: Rust, and a C compiler for zstd. Sourced, not run.
# Installs only where it may (root on a Debian-like machine); everywhere else it prints the one command and stops.

say() { printf '%s\n' "$*" >&2; }

rust_wanted() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

rust_found() { rustc --version 2>/dev/null | sed -n 's/^rustc \([0-9.]*\).*/\1/p'; }

# older A B: A comes before B.
older() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

need_rust() {
    [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
    local wanted found
    wanted=$(rust_wanted)
    found=$(rust_found)
    if [ -z "$found" ] || ! command -v cargo >/dev/null; then
        say "Cyberalarm needs Rust $wanted or newer, and found none. Get it with:"
        say "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default"
        say "then open a new terminal and start this again."
        exit 1
    fi
    if older "$found" "$wanted"; then
        say "Cyberalarm needs Rust $wanted or newer, and found $found. Get it with:"
        say "    rustup update stable && rustup default stable"
        say "(without rustup: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default)"
        exit 1
    fi
}

# need_package COMMAND PACKAGE: a command of the system, from a Debian package.
need_package() {
    command -v "$1" >/dev/null && return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing $2 …"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y "$2"; } >/dev/null 2>&1
        command -v "$1" >/dev/null && return 0
    fi
    say "Cyberalarm needs the command '$1'. Get it with:"
    say "    sudo apt-get install $2        (or your system's package of that name)"
    exit 1
}
