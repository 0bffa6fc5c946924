#!/bin/sh
# Every check there is: sh tests/run.sh
#
# Installs what the tests need (Debian and its kin), then checks format, lints and documentation
# and runs all tests, with nothing skipped. A step's output is shown if it fails.
set -eu
cd "$(dirname "$0")/.."
. docs/needs.sh

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
mkdir -p "$target"
log=$target/tests-run.log
: >"$log"

# Whatever fails ends the script, inside a step too.
trap '[ $? -eq 0 ] || { echo FAILED; cat "$log"; }' EXIT

# step NAME COMMAND..: runs it, and prints how long it took.
step() {
    printf '%-16s' "$1"
    shift
    began=$(date +%s)
    "$@" >"$log" 2>&1
    printf '%5s s\n' "$(($(date +%s) - began))"
}

tests() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --locked --no-fail-fast
    else
        cargo test --locked --no-fail-fast --lib --bins --tests
    fi
}

programs() {
    need mpd mpd
    need mpc mpc
    need ncmpcpp ncmpcpp
    need tmux tmux
    need cc build-essential
    install_missing
    cargo fmt --version || rustup component add rustfmt || fail "rustfmt is missing"
    cargo clippy --version || rustup component add clippy || fail "clippy is missing"
}

step rust need_rust
step programs programs
step yt-dlp need_ytdlp "$target/ytdlp-venv"
# The tests that need a real program fail without it, rather than pass without having run.
export YTMPD_TESTS_REQUIRE_ALL=1
export YTMPD_YTDLP="$target/ytdlp-venv/bin/yt-dlp"

step format cargo fmt --check
step lints cargo clippy --locked --all-targets --quiet -- -D warnings
step documentation env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet
step tests tests
grep -E '^ *(Summary|test result)' "$log" | tail -n 1
step "doc tests" cargo test --locked --doc --quiet
