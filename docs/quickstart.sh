#!/bin/sh
# From a fresh clone to a running demo: sh docs/quickstart.sh [PLAYLIST_URL]
#
# Installs what is missing (Debian and its kin), builds ytmpd and starts it with a private MPD in a
# temporary folder. An MPD of yours is left alone. Run it again at any time.
set -eu
cd "$(dirname "$0")/.."
. docs/needs.sh

need_rust
need mpd mpd
need mpc mpc
need cc build-essential
need_certificates
install_missing

# YouTube's pages want JavaScript: deno is what yt-dlp runs it with.
venv=${XDG_DATA_HOME:-$HOME/.local/share}/ytmpd/venv
need_ytdlp "$venv" deno
PATH="$venv/bin:$PATH"

ytmpd=${CARGO_TARGET_DIR:-target}/release/ytmpd
# The first build takes minutes, and shows what it does.
quiet=--quiet
[ -x "$ytmpd" ] || quiet=
cargo build $quiet --release --locked --bin ytmpd
exec "$ytmpd" "--demo${1:+=$1}"
