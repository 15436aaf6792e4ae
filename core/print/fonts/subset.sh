#!/usr/bin/env bash
# Makes the fonts of this folder again from Debian's packages fonts-noto-cjk, fonts-noto-core and unicode-data (bookworm), with fonttools in a
# folder of its own. What goes into which font, and why, stands in subset.py.
set -euo pipefail
cd "$(dirname "$0")"

work="$(mktemp -d "${TMPDIR:-/tmp}/cardea-fonts-XXXXXX")"
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install fonttools==4.68.0
# Files alone: nothing is installed.
(cd "$work" && apt-get -qq download fonts-noto-cjk fonts-noto-core unicode-data && for deb in *.deb; do dpkg-deb -x "$deb" .; done)
"$work/venv/bin/python" subset.py "$work/usr/share" .
