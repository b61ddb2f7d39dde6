#!/usr/bin/env bash
# Short for `./deploy.sh local`.
set -euo pipefail
exec "$(dirname "${BASH_SOURCE[0]}")/deploy.sh" local "$@"
