# shellcheck shell=bash
# Sourced, not run: installs Debian packages for programs that are missing, where that is allowed.
#
#   need PROGRAM PACKAGE   notes the package if the program is not there
#   install_needed         installs what was noted; fails, naming it, where it may not install
#
# No service is started by an installation: the tests start their own, on ports of their own.

needed=()

have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

need() { have "$1" || needed+=("$2"); }

# The words before a command that make it run as root, or failure.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

install_needed() {
    [ "${#needed[@]}" -gt 0 ] || return 0
    local packages=("${needed[@]}") policy=/usr/sbin/policy-rc.d ours=no status=0
    needed=()
    if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then
        echo "missing, and not allowed to install: ${packages[*]}" >&2
        return 1
    fi
    echo "installing ${packages[*]}"
    if [ ! -e "$policy" ]; then
        # invoke-rc.d(8): 101 forbids every action.
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        ours=yes
    fi
    {
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes \
                --no-install-recommends "${packages[@]}" >/dev/null
    } || status=$?
    if [ "$ours" = yes ]; then as_root rm -f "$policy"; fi
    if [ "$status" != 0 ]; then echo "could not install: ${packages[*]}" >&2; fi
    return "$status"
}
