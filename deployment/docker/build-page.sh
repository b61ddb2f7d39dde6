#!/bin/sh
# Stage `page` of the Dockerfile: builds the web page into a folder.
#
#   build-page.sh OUT
#
# Needs node and npm. Exit codes: 0 built · 1 failed · 2 wrong use.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: build-page.sh OUT" >&2
  exit 2
fi
web=$(cd "$(dirname "$0")/../../web" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

cd "$web"
# Exactly what the lock file names; no script of a package is run (.npmrc).
npm ci --no-audit --no-fund --loglevel=error
npm run --silent build
[ -f dist/index.html ] || { echo "error: the build left no dist/index.html" >&2; exit 1; }
[ "$out" = "$web/dist" ] || cp -R dist/. "$out/"
