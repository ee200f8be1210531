#!/usr/bin/env bash
# Installs the readers of tests/interop that are not Python packages, on Debian: packages of the system (as root, or with sudo) and of npm
# (beside this file). What is there already stays. The Python ones: pip install -e '.[interop]'.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

packages=(
    calcurse chromium fonts-nanum fonts-noto-core gir1.2-ical-3.0 poppler-utils python3 python3-gi qpdf ruby ruby-icalendar tzdata
)
command -v node >/dev/null || packages+=(nodejs)
command -v npm >/dev/null || packages+=(npm)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

wanted=()
for package in "${packages[@]}"; do
    installed "$package" || wanted+=("$package")
done
if [ "${#wanted[@]}" -gt 0 ]; then
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${wanted[@]}"
fi

npm ci --no-audit --no-fund --prefix "$here/node"

# What is needed runs: a reader that is there and broken must not pass for one that is missing.
calcurse --version | head -n 1
/usr/bin/python3 -c 'import gi; gi.require_version("ICalGLib", "3.0"); from gi.repository import ICalGLib; print("libical by GObject")'
ruby -e 'require "icalendar"; puts "ruby-icalendar #{Icalendar::VERSION}"'
node --version
npm ls --prefix "$here/node" --depth 0
