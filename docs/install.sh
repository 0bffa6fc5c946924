#!/bin/sh
# Builds ytmpd and installs it for you, or with --system for everybody: sh docs/install.sh
#   sh docs/install.sh [--user | --system] [--uninstall]
#
# Installs what building and yt-dlp need on Debian and its kin, and says what it is elsewhere. Run it
# again after an update. A file that somebody has changed is kept as FILE.bak-DATE before it is
# replaced or removed; configuration and state always stay.
#
# PREFIX     where to: ~/.local, or /usr/local with --system
# DESTDIR    for packages: put before every path; nothing is started and no yt-dlp is fetched then
# YTMPD_BUILT  a folder with ytmpd and ytmpctl, to be installed as they are
set -eu
cd "$(dirname "$0")/.."
. docs/needs.sh

scope=user action=install
for argument; do
    case $argument in
    --user) scope=user ;;
    --system) scope=system ;;
    --uninstall) action=uninstall ;;
    *) fail "usage: sh docs/install.sh [--user | --system] [--uninstall]" ;;
    esac
done

destdir=${DESTDIR:-}
if [ "$scope" = user ]; then
    prefix=${PREFIX:-$HOME/.local}
    data=${XDG_DATA_HOME:-$HOME/.local/share}
    units=$data/systemd/user
    venv=$data/ytmpd/venv
    config=${XDG_CONFIG_HOME:-$HOME/.config}/ytmpd/config.toml
    ctl="systemctl --user"
else
    prefix=${PREFIX:-/usr/local}
    units=$prefix/lib/systemd/system
    venv=$prefix/lib/ytmpd/venv
    config=/etc/ytmpd/config.toml
    ctl="systemctl"
    # The service's user and all others read what root installs.
    umask 022
fi
bin=$prefix/bin
share=$prefix/share
# What was installed, with checksums, from DESTDIR on: what differs now is somebody's change.
list=$destdir$share/ytmpd/installed.$scope
all_units="ytmpd.service ytmpd-relay.socket ytmpd-proxy.socket ytmpd-control.socket"

say() {
    printf '%s\n' "$*"
}

# Whether systemd runs here, and is to be told.
systemd_is_there() {
    [ -z "$destdir" ] && [ -d /run/systemd/system ] && $ctl show-environment >/dev/null 2>&1
}

# check_place PATH: there are paths that systemd refuses, that PATH cannot hold, or that are not
# themselves to sed and the shell.
check_place() {
    case $1 in
    *[\"\'\\\$\`\|\&:[:cntrl:]]*) fail "cannot install to $1: there must be none of \" ' \\ \$ \` | & : and no control character" ;;
    /*) ;;
    *) fail "cannot install to $1: a path that begins with / is needed" ;;
    esac
}

# in_unit PATH: as systemd reads it, to which % is special.
in_unit() {
    say "$1" | sed 's/%/%%/g'
}

# is_ours FILE: it is as it was installed.
is_ours() {
    [ -f "$list" ] && grep -qxF "$(cd "$destdir/" && sha256sum ".${1#"$destdir"}")" "$list"
}

# keep FILE: moves it out of the way.
keep() {
    kept=$1.bak-$(date +%Y%m%d-%H%M%S)
    while [ -e "$kept" ]; do kept=$kept+; done
    mv "$1" "$kept"
    say "kept      $kept"
}

# put MODE SOURCE FILE: installs SOURCE as FILE, in one step: a program may be running.
put() {
    file=$destdir$3
    say ".$3" >>"$new/files"
    if ! cmp -s "$2" "$file"; then
        mkdir -p "${file%/*}"
        [ ! -e "$file" ] || is_ours "$file" || keep "$file"
        cp "$2" "$file.new"
        chmod "$1" "$file.new"
        mv -f "$file.new" "$file"
        say "installed $file"
    fi
}

# take_away FILE: removes what was installed, but for somebody's changes.
take_away() {
    [ -e "$1" ] || return 0
    if is_ours "$1"; then
        rm "$1"
        say "removed   $1"
    else
        keep "$1"
    fi
}

# What the version before had and this one has no more.
take_former_away() {
    [ -f "$list" ] || return 0
    while read -r checksum file; do
        if [ "$checksum" = venv ] || grep -qxF "$file" "$new/files"; then continue; fi
        case $file in
        *.service | *.socket) ! systemd_is_there || $ctl --quiet disable --now "${file##*/}" || true ;;
        esac
        take_away "$destdir/${file#./}"
    done <"$list"
}

# What the list of needs.sh is called elsewhere.
provide() {
    if [ -n "$missing" ] && ! command -v apt-get >/dev/null 2>&1; then
        hint="a C compiler, Python 3.11 or newer with venv"
        if command -v pacman >/dev/null 2>&1; then
            hint="pacman -S --needed base-devel python"
        fi
        fail "missing (as Debian calls it):$missing; install it ($hint), then run this again"
    fi
    install_missing
}

build() {
    [ -z "${YTMPD_BUILT:-}" ] || return 0
    need_rust
    need cc build-essential
    need_certificates
    provide
    cargo build --release --locked --bins
    YTMPD_BUILT=$(realpath "${CARGO_TARGET_DIR:-target}/release")
}

# An environment that was there before us is not ours to remove: the list has ours.
venv_line=
ytdlp() {
    [ -z "$destdir" ] || return 0
    if [ ! -d "$venv" ] || { [ -f "$list" ] && grep -qxF "venv  .$venv" "$list"; }; then
        venv_line="venv  .$venv"
    fi
    need_certificates
    need python3 python3
    python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
    provide
    need_ytdlp "$venv" deno
}

install_all() {
    for place in "$bin" "$venv" "$config"; do check_place "$place"; done
    build
    if [ "$scope" = system ] && [ -z "$destdir" ] && [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || fail "run this again as root: PREFIX=\"$prefix\" YTMPD_BUILT=\"$YTMPD_BUILT\" sh docs/install.sh --system"
        exec sudo env "PREFIX=$prefix" "YTMPD_BUILT=$YTMPD_BUILT" sh docs/install.sh --system
    fi
    ytdlp
    new=$(mktemp -d)
    trap 'rm -rf "$new"' EXIT
    for program in ytmpd ytmpctl; do
        put 755 "$YTMPD_BUILT/$program" "$bin/$program"
    done
    "$YTMPD_BUILT/ytmpctl" man "$new/man" >/dev/null
    for page in "$new/man"/*; do
        put 644 "$page" "$share/man/man${page##*.}/${page##*/}"
    done
    for program in ytmpd ytmpctl; do
        for shell in bash zsh fish; do
            "$YTMPD_BUILT/ytmpctl" completions "$shell" "$program" >"$new/$shell"
        done
        put 644 "$new/bash" "$share/bash-completion/completions/$program"
        put 644 "$new/zsh" "$share/zsh/site-functions/_$program"
        put 644 "$new/fish" "$share/fish/vendor_completions.d/$program.fish"
    done
    unit_venv=$(in_unit "$venv") unit_bin=$(in_unit "$bin")
    for unit in $all_units; do
        source=docs/systemd/$scope/$unit
        [ -e "$source" ] || source=docs/systemd/$unit
        # The units have the usual places.
        sed -e "s|%h/.local/share/ytmpd/venv|$unit_venv|; s|/usr/local/lib/ytmpd/venv|$unit_venv|" \
            -e "s|%h/.local/bin|$unit_bin|; s|=\"/usr/local/bin/|=\"$unit_bin/|" "$source" >"$new/unit"
        put 644 "$new/unit" "$units/$unit"
    done
    if [ "$scope" = system ]; then
        put 644 docs/systemd/system/sysusers.conf "$prefix/lib/sysusers.d/ytmpd.conf"
        if [ -z "$destdir" ] && ! id ytmpd >/dev/null 2>&1; then
            systemd-sysusers "$prefix/lib/sysusers.d/ytmpd.conf" ||
                useradd --system --home-dir /var/lib/ytmpd --shell /usr/sbin/nologin ytmpd
            say "made      the user ytmpd"
        fi
    fi
    if [ ! -e "$destdir$config" ]; then
        mkdir -p "$(dirname "$destdir$config")"
        # As comments, so that later defaults count. With the path of yt-dlp, ytmpctl and a ytmpd that
        # is started by hand find it as the service does.
        ours=
        [ -n "$destdir" ] || ours="s|^#\(resolver.command = \)\[\"yt-dlp\"\] *|\1[\"$venv/bin/yt-dlp\"]  |"
        sed -e 's/^\([a-z_.]* = \)/#\1/' -e "$ours" docs/config.example.toml >"$destdir$config"
        say "installed $destdir$config"
    fi
    take_former_away
    mkdir -p "${list%/*}"
    (cd "$destdir/" && tr '\n' '\0' <"$new/files" | xargs -0 sha256sum) >"$list"
    [ -z "$venv_line" ] || say "$venv_line" >>"$list"
    next_steps
}

next_steps() {
    [ -z "$destdir" ] || return 0
    if [ "$scope" = user ]; then
        # Such as the former Python daemon's.
        for other in "${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user/ytmpd.service" /etc/systemd/user/ytmpd.service; do
            [ ! -e "$other" ] || say "ATTENTION: $other goes before the unit that was installed; remove it"
        done
    fi
    if ! systemd_is_there; then
        say "Next: say which playlists in $config, then"
        say "  PATH=\"$venv/bin:\$PATH\" \"$bin/ytmpd\""
        return 0
    fi
    $ctl daemon-reload
    as_user=$ctl
    [ "$scope" = user ] || as_user=${SUDO_USER:+sudo }$ctl
    if $ctl --quiet is-active ytmpd.service; then
        say "Next: $as_user restart ytmpd    (the one before still runs)"
        return 0
    fi
    say "Next:"
    say "  1. say which playlists in $config"
    say "  2. $as_user enable --now ytmpd-relay.socket ytmpd.service"
    say "  3. connect clients to port 6601: mpc -h localhost -p 6601 lsplaylists"
    # Who may do that for themselves is told by polkit, and without it nobody.
    linger="loginctl enable-linger"
    command -v pkcheck >/dev/null 2>&1 || [ "$(id -u)" -eq 0 ] || linger="sudo $linger $(id -un)"
    [ "$scope" = system ] || say "To have it run while you are not logged in: $linger"
    case :$PATH: in
    *":$bin:"*) ;;
    *) say "$bin is not on your PATH: ytmpctl is $bin/ytmpctl" ;;
    esac
}

uninstall() {
    [ -f "$list" ] || fail "nothing to uninstall: there is no $list"
    if [ "$scope" = system ] && [ -z "$destdir" ] && [ "$(id -u)" -ne 0 ]; then
        exec sudo env "PREFIX=$prefix" sh docs/install.sh --system --uninstall
    fi
    if systemd_is_there; then
        # The list is meant to be split.
        # shellcheck disable=SC2086
        $ctl --quiet disable --now $all_units || say "cannot stop ytmpd: stop it yourself"
    fi
    while read -r checksum file; do
        file=$destdir/${file#./}
        if [ "$checksum" != venv ]; then
            take_away "$file"
        elif [ -e "$file" ]; then
            rm -rf "$file"
            say "removed   $file"
        fi
    done <"$list"
    rm "$list"
    rmdir "$(dirname "$list")" "$destdir$(dirname "$venv")" 2>/dev/null || true
    ! systemd_is_there || $ctl daemon-reload
    say "Configuration and state stay: $destdir$config and what is beside it$([ "$scope" = user ] || echo ', /var/lib/ytmpd, the user ytmpd')."
}

case $action in
install) install_all ;;
uninstall) uninstall ;;
esac
