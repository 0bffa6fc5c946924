# shellcheck shell=sh
# What docs/quickstart.sh, docs/install.sh and tests/run.sh need: sourced by them, not run.

# The pair that belongs together. Plain `yt-dlp[default]` silently installs an older one wherever
# a dependency of the newest is missing.
ytdlp_version=2026.10.26
ytdlp_ejs_version=0.8.0

fail() {
    printf '%s\n' "$*" >&2
    exit 69
}

# need PROGRAM PACKAGE: puts the Debian package on the list if the program is missing.
missing=
need() {
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

# need_file FILE PACKAGE: likewise, if the file is missing.
need_file() {
    [ -e "$1" ] || missing="$missing $2"
}

# need_python MODULE PACKAGE: likewise, if Debian's own Python does not have the module.
need_python() {
    /usr/bin/python3 -c "import $1" 2>/dev/null || missing="$missing $2"
}

# Debian's smallest installations trust nobody. Elsewhere certificates are in other places.
need_certificates() {
    ! command -v apt-get >/dev/null 2>&1 || need_file /etc/ssl/certs/ca-certificates.crt ca-certificates
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs what is on the list.
install_missing() {
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null 2>&1 || fail "missing:$missing; install it with your package manager"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
        fail "missing:$missing; install it as root, or install sudo"
    printf 'installing%s\n' "$missing"
    as_root apt-get -qq update
    # The list is meant to be split.
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing >/dev/null
    missing=
}

# at_least WANTED FOUND: compares versions.
at_least() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# Rust is not installed for the user: which way is for them to choose.
need_rust() {
    command -v cargo >/dev/null 2>&1 || PATH="$PATH:${HOME:-}/.cargo/bin"
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(cargo --version 2>/dev/null | cut -d ' ' -f 2)
    at_least "$wanted" "${found:-0}" || fail "Rust $wanted or newer is needed, and ${found:-none} is here. Either
  apt-get install rustup && rustup default stable    (Debian 13, Ubuntu 24.04 and newer)
or follow https://rustup.rs; then run this again."
}

# need_ytdlp VENV [PACKAGE..]: makes sure that yt-dlp is in a Python environment of its own.
need_ytdlp() {
    venv=$1
    shift
    if at_least "$ytdlp_version" "$("$venv/bin/yt-dlp" --version 2>/dev/null || echo 0)"; then
        return 0
    fi
    need python3 python3
    python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
    install_missing
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "yt-dlp needs Python 3.11 or newer"
    printf 'installing yt-dlp %s in %s\n' "$ytdlp_version" "$venv"
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" --quiet --disable-pip-version-check install \
        "yt-dlp==$ytdlp_version" "yt-dlp-ejs==$ytdlp_ejs_version" "$@"
}
