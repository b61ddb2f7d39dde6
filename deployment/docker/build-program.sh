#!/bin/sh
# Stage `program` of the Dockerfile: builds the gateway, with the page of web/dist inside.
#
#   build-program.sh OUT [CARGO-OPTION...]      such as --profile quick; without: --release --locked
#
# Needs cargo and a C compiler. Exit codes: 0 built · 1 failed · 2 wrong use.
set -eu

if [ $# -lt 1 ]; then
  echo "usage: build-program.sh OUT [CARGO-OPTION...]" >&2
  exit 2
fi
out=$1
shift
[ $# -gt 0 ] || set -- --release --locked
mkdir -p "$(dirname "$out")"
out=$(cd "$(dirname "$out")" && pwd)/$(basename "$out")

cd "$(dirname "$0")/../.."
if [ ! -f web/dist/index.html ]; then
  echo "error: web/dist holds no page; build it first: deployment/docker/build-page.sh web/dist" >&2
  exit 1
fi
# Cargo itself says where the program is: the folder depends on the profile, the target and the environment.
built=$(cargo build --package gap --bin gap --message-format json-render-diagnostics "$@" |
  sed -n 's/.*"executable":"\([^"]*\/gap\)".*/\1/p' | tail -n 1)
[ -x "$built" ] || { echo "error: cargo named no program that it built" >&2; exit 1; }
cp "$built" "$out"
