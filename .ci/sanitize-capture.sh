#!/usr/bin/env bash
# Runs live capture, on its cables, under AddressSanitizer: the kernel's ring is the one place where a wrong offset could read foreign memory.
# Needs namespaces of one's own (unshare), as the tests themselves.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The sanitizer is a switch of nightly compilers; where there is none, a stable one can be told to take it.
if rustup run nightly rustc --version >/dev/null 2>&1; then
    export RUSTUP_TOOLCHAIN=nightly
else
    export RUSTC_BOOTSTRAP=1
fi
target=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=$PWD/target/sanitize RUSTFLAGS="-Zsanitizer=address -Cforce-frame-pointers=yes"
# With --target, programs that run while building are not sanitized.
cargo test --locked --target "$target" --package sensor-capture --lib -- live::
cargo test --locked --target "$target" --package sensor-capture --test live -- --test-threads=2
