#!/usr/bin/env bash
# What CONTRIBUTING promises: a new detector, protocol and message work untouched. Makes one of each in a copy of the house, by the very
# commands that the guides name, and tests it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copy=target/try-templates/house
# Of its own: tests have the path of their house built in.
export CARGO_TARGET_DIR=$PWD/target/try-templates/built
rm -rf "$copy"
mkdir -p "$copy"
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create | tar --extract --directory "$copy"
cd "$copy"
git init --quiet
git add .
commands=$(grep --no-filename --only-matching 'cargo xtask new [a-z]* [a-z_-]*' docs/guide/adding-a-*.md)
for what in detector protocol message; do
    [ "$(grep --count "new $what " <<<"$commands")" = 1 ] || { echo "the guides name not one command for a new $what"; exit 1; }
done
while read -r command; do
    $command </dev/null
done <<<"$commands"
cargo fmt --all --check
cargo xtask docs
cargo xtask tidy
cargo nextest run --locked -p sensor-detectors -p sensor-protocols -p common-words
