#!/usr/bin/env bash
# Tries the hand-over between the listening thread and the engine in every order that two threads can take.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Of its own, because the flag is for every crate.
export CARGO_TARGET_DIR=$PWD/target/loom RUSTFLAGS="--cfg loom"
cargo test --locked --package sensor-capture --lib -- live::handover::interleavings
