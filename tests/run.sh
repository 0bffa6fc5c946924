#!/bin/sh
# Every check there is but what takes minutes: sh tests/run.sh
# Those too, with Debian 13's MPD and mpc, and rmpc: sh tests/run.sh --all
#
# Installs what the tests need (Debian and its kin), then checks format, lints and documentation
# and runs all tests, with nothing skipped. A step's output is shown if it fails.
set -eu
cd "$(dirname "$0")/.."
. docs/needs.sh
case "$*" in
'') all= ;;
--all) all=1 ;;
*) fail "usage: sh tests/run.sh [--all]" ;;
esac

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
    need ncmpc ncmpc
    need dbus-run-session dbus
    need ip iproute2
    need systemd-analyze systemd
    need gdbus libglib2.0-bin
    need_file /usr/include/mpd/client.h libmpdclient-dev
    # Debian's own Python, since mpDris2 is run by that.
    need_python dbus python3-dbus
    need_python gi python3-gi
    need_python mpd python3-mpd
    need_python zeroconf python3-zeroconf
    [ -z "$all" ] || need_file /usr/sbin/debootstrap debootstrap
    install_missing
    unpack mpDris2 mpdris2
    unpack mpdscribble mpdscribble
    at_least 0.18.2 "$("$sima/bin/mpd-sima" --version 2>/dev/null | cut -d ' ' -f 2)" || {
        python3 -m venv --clear "$sima"
        "$sima/bin/pip" --quiet --disable-pip-version-check install mpd-sima==0.18.2
    }
    cargo fmt --version || rustup component add rustfmt || fail "rustfmt is missing"
    cargo clippy --version || rustup component add clippy || fail "clippy is missing"
}

# unpack PROGRAM PACKAGE: puts a program of a Debian package into a folder of ours. Installed, it
# would be started with the user's session or the system, and go to the user's own MPD.
unpack() {
    [ ! -x "$clients/usr/bin/$1" ] || return 0
    mkdir -p "$clients"
    cd "$clients"
    apt-get -qq download "$2" || { as_root apt-get -qq update && apt-get -qq download "$2"; }
    dpkg -x "$2"_*.deb .
    cd "$OLDPWD"
}

# What may be among the dependencies; known flaws of theirs too, where GitHub can be reached.
dependencies() {
    PATH=$target/cargo-deny/bin:$PATH
    # A debug build of it is made in half the time.
    cargo deny --version || cargo install --quiet --locked --debug --root "$target/cargo-deny" \
        --target-dir "$target/cargo-deny/build" cargo-deny --version 0.20.2
    rm -rf "$target/cargo-deny/build"
    cargo deny --locked check licenses bans sources
    timeout 20 git ls-remote https://github.com/rustsec/advisory-db HEAD || return 0
    cargo deny --locked check advisories
}

# The package builds from what is in it, with the oldest Rust that is promised.
oldest_rust() {
    rustup toolchain install "$wanted" --profile minimal --no-self-update
    cargo +"$wanted" package --locked --allow-dirty --target-dir "$target/oldest-rust"
    cargo +"$wanted" check --locked --all-targets --target-dir "$target/oldest-rust"
}

# What takes minutes to get: an MPD and an mpc of Debian 13, run with its libraries, and rmpc.
newer() {
    if [ ! -x "$trixie/usr/bin/mpd" ]; then
        rm -rf "$trixie"
        as_root debootstrap --variant=minbase --include=mpd,mpc trixie "$trixie" http://deb.debian.org/debian
        as_root chown -R "$(id -u):$(id -g)" "$trixie"
    fi
    mkdir -p "$extra"
    of_trixie mpd mpd-0.24
    of_trixie mpc mpc-0.35
    [ -x "$extra/rmpc" ] || {
        cargo install --quiet --locked --root "$target/rmpc" --target-dir "$target/rmpc/build" rmpc --version 0.11.0
        mv "$target/rmpc/bin/rmpc" "$extra"
        rm -rf "$target/rmpc"
    }
}

# of_trixie PROGRAM NAME: a command that runs Debian 13's here.
of_trixie() {
    libraries=$trixie/usr/lib/$(uname -m)-linux-gnu
    loader=$(find "$trixie"/lib*/ld-linux-* | head -n 1)
    cat >"$extra/$2" <<END
#!/bin/sh
exec "$loader" --library-path "$libraries:$libraries/samba:$libraries/pulseaudio" "$trixie/usr/bin/$1" "\$@"
END
    chmod +x "$extra/$2"
}

clients=$target/test-clients sima=$target/sima-venv trixie=$target/trixie extra=$target/test-extra

step rust need_rust
step programs programs
step yt-dlp need_ytdlp "$target/ytdlp-venv"
PATH=$clients/usr/bin:$sima/bin:$PATH
if [ -n "$all" ]; then
    step newer newer
    PATH=$extra:$PATH
    # The tests that need those, or minutes, pass without having run otherwise.
    export YTMPD_TESTS_ALL=1
fi
# Whoever runs this in a container may not be let; what is missing then is said here.
unshare --map-root-user --net --mount --pid --fork true 2>/dev/null || {
    echo "namespaces cannot be made here, so the tests of a network (tests/it/lan) and of a full disk are left out"
    export YTMPD_TESTS_NO_NAMESPACES=1
}
# The tests that need a real program fail without it, rather than pass without having run.
export YTMPD_TESTS_REQUIRE_ALL=1
export YTMPD_YTDLP="$target/ytdlp-venv/bin/yt-dlp"

step format cargo fmt --check
step lints cargo clippy --locked --all-targets --quiet -- -D warnings
step documentation env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet
step dependencies dependencies
[ -z "$all" ] || step "oldest Rust" oldest_rust
step tests tests
grep -E '^ *(Summary|test result)' "$log" | tail -n 1
step "doc tests" cargo test --locked --doc --quiet
