#!/bin/sh
# Sees to it that the programs the tests drive are there: setup/test-tools.sh chromium nginx strace …
# Quiet and quick when they are. Installs what is missing when run as root on Debian or Ubuntu, else says in one
# line what to install, and fails.
set -eu

is_there() {
  case $1 in
    chromium) has_browser ;;
    testssl.sh) command -v testssl >/dev/null 2>&1 || command -v testssl.sh >/dev/null 2>&1 ;;
    # nginx lies in sbin, which is not on everybody's path.
    *) PATH="$PATH:/usr/sbin:/sbin:/usr/local/sbin" command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# CHROMIUM_PATH, a browser of the system, or one that Playwright has installed: in this order, as the tests look.
has_browser() {
  if [ -n "${CHROMIUM_PATH:-}" ]; then
    [ -x "$CHROMIUM_PATH" ] && return 0
    echo "CHROMIUM_PATH names $CHROMIUM_PATH, which is not a program" >&2
    exit 1
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  for folder in "${PLAYWRIGHT_BROWSERS_PATH:-}" "${HOME:-/root}/.cache/ms-playwright" "${HOME:-/root}/Library/Caches/ms-playwright"; do
    for browser in "$folder"/chromium-*/chrome-linux*/chrome "$folder"/chromium-*/chrome-mac*/*.app; do
      [ -e "$browser" ] && return 0
    done
  done
  [ -e "/Applications/Google Chrome.app" ]
}

missing=""
for tool in "$@"; do
  case $tool in
    chromium | nginx | haproxy | redis-server | wrk | strace | sqlite3 | pebble | testssl.sh) ;;
    *)
      echo "usage: setup/test-tools.sh [chromium] [nginx] [haproxy] [redis-server] [wrk] [strace] [sqlite3] [pebble] [testssl.sh]" >&2
      exit 2
      ;;
  esac
  is_there "$tool" || missing="$missing $tool"
done
[ -z "$missing" ] && exit 0

case $missing in
  *chromium*) hint=" (or set CHROMIUM_PATH to a Chromium or Chrome, or run: npx playwright-core install chromium)" ;;
  *) hint="" ;;
esac
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need:$missing. Install with the system's package manager$hint." >&2
  exit 1
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
if [ -e "$policy" ]; then
  trap 'rm -f "$log"' EXIT
else
  # The package of nginx would start a server on port 80, which nobody has asked for.
  trap 'rm -f "$log" "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1
}

install_packages() {
  # Lists that were fetched before may be enough, and fetching them takes longer than all the rest.
  # shellcheck disable=SC2086 # a list of words
  apt_get install --no-install-recommends -y $1 || { apt_get update && apt_get install --no-install-recommends -y $1; }
}

echo "Installing what the tests need:$missing" >&2
if ! install_packages "$missing"; then
  tail -n 5 "$log" >&2
  echo "These could not be installed:$missing. Install them by hand$hint, then run the tests again." >&2
  exit 1
fi

for tool in $missing; do
  is_there "$tool" && continue
  echo "$tool is still missing after its package was installed: install it by hand." >&2
  exit 1
done
