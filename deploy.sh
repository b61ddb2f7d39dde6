#!/usr/bin/env bash
# Builds, runs, tests and stops GAP on this machine. `./deploy.sh help` says how.
#
# Works from any folder, may be run twice, deletes nothing of yours, and ends only what it started itself: a process
# is known by its id *and* its start time, both kept in .run/, so that a reused id is never mistaken for ours.
#
# Exit codes: 0 done · 1 failed · 2 wrong use · 3 a tool or package is missing (the line that installs it is printed).
set -euo pipefail

ROOT=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
cd "$ROOT"

readonly MIN_RUST=1.95.0
readonly MIN_NODE=20.19.0
readonly MIN_PYTHON=3.11.0
readonly DEFAULT_PORT=7860
readonly RUN_DIR=.run
readonly LOGS=logs
# Seconds. A stop drains open streams for up to 30 s (server.drain) before we insist.
readonly START_LIMIT=30
readonly STOP_LIMIT=40

# What the tests need: stages · probe function · Debian packages · what for. A stage that needs more adds a line here.
readonly TEST_NEEDS=(
  "build|have_cc|gcc libc6-dev|ring and mimalloc compile C"
  "test|have_postgres|postgresql|the store's tests start a PostgreSQL of their own"
  "test|have_redis|redis-server|the tests of several instances start a Redis of their own"
  "e2e-python|have_venv|python3 python3-venv|the end-to-end tests with Google's Python SDK"
  "e2e-js image web e2e-web|have_node|nodejs npm|the web page, and the end-to-end tests with Google's JavaScript SDK"
  "e2e-web|have_chromium|chromium|the tests of the web page in a browser"
)
# The process that runs in the foreground, for the traps, and whether we were asked to end it.
CHILD=''
ASKED=no

# Containers are another matter.
# shellcheck source=deployment/docker/commands.sh
. deployment/docker/commands.sh

# === speaking ===

say() { printf '%s\n' "$*"; }
note() { printf '%s\n' "$*" >&2; }

# fail CODE LINE...: says what is wrong and what to do, then ends.
fail() {
  local code=$1
  shift
  printf 'error: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '       %s\n' "$@" >&2
  exit "$code"
}

usage() {
  cat <<'TEXT'
GAP, a self-hosted gateway in front of Google's Gemini API

  ./deploy.sh docker  build the image and serve in a container with the keys of .env (written at the first run)
  ./deploy.sh demo    build and serve with the built-in Gemini simulator: needs no key
  ./deploy.sh local   build and serve in the background with the keys of .env (written at the first run)
  ./deploy.sh test    everything that CI checks
  ./deploy.sh stop    end what this script started
  ./deploy.sh status  what runs, where, and how it is
  ./deploy.sh logs    the last lines of the log
  ./deploy.sh backup  write a copy of the database, while it runs or not
  ./deploy.sh clean   remove what was built; never .env, data or logs
  ./deploy.sh help    this text

  docker  --port N (PORT of .env, else 7860) · --no-build
  demo    --port N (7860) · --background
  local   --port N (PORT of the settings, else 7860) · --restart
  test    --only STAGE,... · --skip STAGE,... · --list
  stop    demo | local | docker (all)
  logs    demo | local | docker (local) · --follow · --lines N (100)
  backup  local | docker (what runs, else local) · --to FILE (backups/gap-TIME.backup)
  clean   --dry-run: say what would be removed
TEXT
}

# === tools ===

have() { command -v "$1" >/dev/null 2>&1; }
have_cc() { have cc || have gcc || have clang; }
have_curl() { have curl; }
have_venv() { have python3 && python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }
have_node() { have node && have npm; }
have_chromium() { [ -n "${GAP_CHROMIUM:-}" ] || have chromium || have chromium-browser || have google-chrome || have google-chrome-stable; }
# A server that the environment names is as good as one that the tests could start.
have_postgres() { [ -n "${GAP_TEST_POSTGRES:-}" ] || have initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; }
have_redis() { [ -n "${GAP_TEST_REDIS:-}" ] || have redis-server || have valkey-server; }

# at_least HAVE WANT: compares dotted versions.
at_least() {
  local -a have want
  IFS=. read -r -a have <<<"${1%%[-+]*}"
  IFS=. read -r -a want <<<"$2"
  local i
  for i in 0 1 2; do
    local h=${have[i]:-0} w=${want[i]:-0}
    h=${h//[!0-9]/}
    if ((10#${h:-0} > 10#$w)); then return 0; fi
    if ((10#${h:-0} < 10#$w)); then return 1; fi
  done
}

version_of() { "$@" 2>/dev/null | grep -oE '[0-9]+\.[0-9]+(\.[0-9]+)?' | head -n 1 || true; }

need_rust() {
  local remedy="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal && . \"\$HOME/.cargo/env\""
  if ! have cargo && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  fi
  have cargo || fail 3 "cargo is not installed; GAP needs Rust $MIN_RUST or newer. Install it with" "$remedy"
  # rust-toolchain.toml names one version; a machine without a network may have only a newer one.
  if ! cargo --version >/dev/null 2>&1 && have rustup; then
    export RUSTUP_TOOLCHAIN=stable
  fi
  local tool version
  for tool in cargo rustc; do
    version=$(version_of "$tool" --version)
    [ -n "$version" ] || fail 3 "$tool does not run here ('$tool --version' fails). Try" "rustup toolchain install $MIN_RUST"
    if ! at_least "$version" "$MIN_RUST"; then
      if have rustup; then remedy="rustup update stable"; fi
      fail 3 "$tool is version $version; GAP needs $MIN_RUST or newer. Install it with" "$remedy"
    fi
  done
  have_cc || fail 3 "there is no C compiler (ring and mimalloc need one). Install it with" "apt-get install -y gcc libc6-dev"
}

need_curl() { have curl || fail 3 "curl is not installed. Install it with" "apt-get install -y curl ca-certificates"; }

# wants STAGE ARGUMENT...: whether a test run with these arguments includes the stage.
wants() {
  local stage=$1 only='' skip=''
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --only) only=${2:-} ;;
      --only=*) only=${1#*=} ;;
      --skip) skip=${2:-} ;;
      --skip=*) skip=${1#*=} ;;
    esac
    shift
  done
  [[ -z $only || ,$only, == *,$stage,* ]] && [[ ,$skip, != *,$stage,* ]]
}

# wants_any "STAGE..." ARGUMENT...: whether it includes one of them.
wants_any() {
  local stage stages=$1
  shift
  for stage in $stages; do
    if wants "$stage" "$@"; then return 0; fi
  done
  return 1
}

need_test_tools() {
  local component version remedy="rustup component add rustfmt clippy"
  for component in fmt clippy; do
    wants "$component" "$@" || continue
    if ! cargo "$component" --version >/dev/null 2>&1; then
      if have rustup; then $remedy >/dev/null 2>&1 || true; fi
      cargo "$component" --version >/dev/null 2>&1 || fail 3 "cargo $component is missing. Install it with" "$remedy"
    fi
  done
  if wants e2e-python "$@"; then
    version=$(version_of python3 --version)
    at_least "$version" "$MIN_PYTHON" || fail 3 "python3 is version $version; the tests need $MIN_PYTHON or newer." \
      "Put a newer python3 first in PATH, or leave these tests out: ./deploy.sh test --skip e2e-python"
  fi
  if wants_any "e2e-js image web e2e-web" "$@"; then
    version=$(version_of node --version)
    at_least "$version" "$MIN_NODE" || fail 3 "node is version $version; the tests need $MIN_NODE or newer." \
      "Install it from https://nodejs.org/en/download, or leave these tests out: ./deploy.sh test --skip image,e2e-js,web,e2e-web"
  fi
}

# install_packages PACKAGE...: installs without starting anything. Debian starts every server that it installs; ours are
# for the tests, which start their own. A subshell, so that the rule is lifted again however this ends.
install_packages() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' INT TERM HUP
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  apt-get install -y -qq --no-install-recommends "$@" >/dev/null || exit 1
  # Nor at the next boot.
  if [ -d /run/systemd/system ] && have systemctl; then
    for package in "$@"; do
      case $package in postgresql | redis-server) systemctl disable --quiet "$package" >/dev/null 2>&1 || true ;; esac
    done
  fi
)

# Installs the missing packages of TEST_NEEDS as root; says the line and ends otherwise.
need_test_packages() {
  local row stages probe packages reason
  local -a missing=() reasons=()
  for row in "${TEST_NEEDS[@]}"; do
    IFS='|' read -r stages probe packages reason <<<"$row"
    if wants_any "$stages" "$@" && ! "$probe"; then
      local -a words
      read -r -a words <<<"$packages"
      missing+=("${words[@]}")
      reasons+=("$packages: $reason")
    fi
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local line="apt-get install -y --no-install-recommends ${missing[*]}"
  if ! have apt-get; then
    fail 3 "these packages (named as in Debian) are missing; install them with your system's tool:" "${reasons[@]}"
  elif [ "$(id -u)" -ne 0 ]; then
    fail 3 "the tests need packages that only root may install:" "sudo $line"
  fi
  note "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || note "apt-get update failed; trying with the lists at hand"
  install_packages "${missing[@]}" ||
    fail 3 "the packages could not be installed. By hand:" "$line"
}

# === processes ===

# What tells a process from a later one with the same id: its start time.
stamp_of() {
  if [ -r "/proc/$1/stat" ]; then
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
  else
    ps -o lstart= -p "$1" 2>/dev/null || true
  fi
}

# remember NAME PID PORT
remember() {
  mkdir -p "$RUN_DIR"
  printf '%s\n%s\n%s\n' "$2" "$3" "$(stamp_of "$2")" >"$RUN_DIR/$1.pid"
}

forget() { rm -f "$RUN_DIR/$1.pid"; }

# recall NAME: sets PID and PORT and succeeds when the process that we started as NAME still runs.
recall() {
  PID='' PORT_OF=''
  local stamp file=$RUN_DIR/$1.pid
  [ -f "$file" ] || return 1
  { read -r PID && read -r PORT_OF && IFS= read -r stamp; } <"$file" || true
  [[ $PID =~ ^[0-9]+$ ]] && kill -0 "$PID" 2>/dev/null && [ "$(stamp_of "$PID")" = "${stamp:-}" ]
}

port_is_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

holder_of() {
  if have ss; then
    ss -Hltnp "sport = :$1" 2>/dev/null | grep -o 'users:.*' | head -n 1 || true
  elif have lsof; then
    lsof -nP -iTCP:"$1" -sTCP:LISTEN 2>/dev/null | awk 'NR == 2 {print $1 " (pid " $2 ")"}' || true
  fi
}

# need_port PORT COMMAND
need_port() {
  port_is_busy "$1" || return 0
  local name holder
  for name in local demo; do
    if recall "$name" && [ "$PORT_OF" = "$1" ]; then
      fail 1 "port $1 is taken by our own '$name' (pid $PID)." "End it with ./deploy.sh stop $name, or choose another port: ./deploy.sh $2 --port $(($1 + 1))"
    fi
  done
  holder=$(holder_of "$1")
  fail 1 "port $1 is taken by ${holder:-another program}." "End that, or choose another port: ./deploy.sh $2 --port $(($1 + 1))"
}

# wait_healthy PID URL: until /healthz answers, the process is gone, or the time is over.
wait_healthy() {
  local deadline=$((SECONDS + START_LIMIT))
  while ((SECONDS < deadline)); do
    if curl -fsS --noproxy '*' -o /dev/null --max-time 2 "$2/healthz" 2>/dev/null; then return 0; fi
    kill -0 "$1" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

# end NAME: soft, then hard when the time is over.
end() {
  recall "$1" || { forget "$1"; return 1; }
  local pid=$PID deadline=$((SECONDS + STOP_LIMIT))
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
  if recall "$1"; then
    note "$1 (pid $pid) did not end within ${STOP_LIMIT} s and is killed"
    kill -KILL "$pid" 2>/dev/null || true
  fi
  forget "$1"
}

# The child in the foreground, or it with all that it started; nothing when there is none yet.
end_child() { [ -z "$CHILD" ] || kill -TERM "$CHILD" 2>/dev/null || true; }
end_group() { [ -z "$CHILD" ] || kill -TERM -- "-$CHILD" 2>/dev/null || true; }

# === building ===

TARGET=''
target_dir() {
  [ -n "$TARGET" ] || TARGET=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
}

# build_page: the web page, which the build below embeds. Without node there is none, and everything else works.
build_page() {
  [ -f web/package.json ] || return 0
  local version
  version=$(version_of node --version)
  if ! have_node || ! at_least "${version:-0}" "$MIN_NODE"; then
    [ -f web/dist/index.html ] && return 0
    note "GAP is built without its web page, which needs Node.js $MIN_NODE or newer (here: ${version:-none})."
    note "The APIs work. For the page, install it (apt-get install -y nodejs npm, or https://nodejs.org/en/download) and run this again."
    return 0
  fi
  if [ -f web/dist/index.html ] && [ -z "$(find web/src web/public web/scripts web/index.html web/vite.config.ts \
    web/package-lock.json -newer web/dist/index.html -print -quit)" ]; then
    return 0
  fi
  note "Building the web page"
  if ! (
    cd web || exit 1
    if ! cmp -s package-lock.json node_modules/.made-from; then
      npm ci --no-audit --no-fund >&2 && cp package-lock.json node_modules/.made-from || exit 1
    fi
    npm run --silent build >&2
  ); then
    note "The web page could not be built (see above); GAP goes on without a new one. By hand: cd web && npm ci && npm run build"
  fi
}

# build: the gateway without the minutes of link-time optimisation (profile quick); sets GAP.
build() {
  build_page
  target_dir
  note "Building (the first time takes some minutes)"
  cargo build --locked --profile quick --package gap --bin gap >&2
  GAP=$TARGET/quick/gap
}

need_number() {
  [[ ${2:-} =~ ^[0-9]+$ ]] || fail 2 "$1 takes a number, not '${2:-}'."
}

need_valid_port() {
  need_number --port "${1:-}"
  ((10#$1 >= 1 && 10#$1 <= 65535)) || fail 2 "--port takes a number from 1 to 65535, not '$1'."
}

# === commands ===

demo() {
  local port=${PORT:-$DEFAULT_PORT} background=no
  while [ $# -gt 0 ]; do
    case $1 in
      --port | -p) need_valid_port "${2:-}" && port=$2 && shift 2 ;;
      --background | -b) background=yes && shift ;;
      *) fail 2 "demo does not know '$1'." "./deploy.sh help" ;;
    esac
  done
  need_valid_port "$port"
  need_curl
  need_rust
  if recall demo; then
    say "The demo runs already (pid $PID) at http://127.0.0.1:$PORT_OF. End it with ./deploy.sh stop demo."
    return 0
  fi
  need_port "$port" demo
  build
  # An empty folder of its own: the .env and gap.toml of a real installation are no business of the demo.
  mkdir -p "$RUN_DIR/demo" "$LOGS"
  if [ "$background" = yes ]; then
    (cd "$RUN_DIR/demo" && exec nohup "$GAP" demo --port "$port" >>"$ROOT/$LOGS/demo.log" 2>&1 </dev/null) &
  else
    # Before there is anything to end: a signal that comes in between would leave the demo behind without its script.
    trap 'ASKED=yes; end_child' INT TERM HUP
    trap 'end_child; forget demo' EXIT
    # A process group of its own: Ctrl-C reaches only this script, which then asks for an orderly end once.
    set -m
    (cd "$RUN_DIR/demo" && exec "$GAP" demo --port "$port" </dev/null) &
    CHILD=$!
    set +m
    [ "$ASKED" = no ] || end_child
  fi
  local pid=$!
  remember demo "$pid" "$port"
  if wait_healthy "$pid" "http://127.0.0.1:$port"; then
    show_demo "$port"
  elif [ "$ASKED" = no ]; then
    end demo || true
    [ "$background" = no ] || tail -n 20 "$LOGS/demo.log" >&2
    fail 1 "the demo did not come up on port $port; its last words stand above."
  fi
  if [ "$background" = yes ]; then
    say "Log: $LOGS/demo.log · end: ./deploy.sh stop"
    return 0
  fi
  local code=0
  while kill -0 "$pid" 2>/dev/null; do
    code=0
    wait "$pid" || code=$?
  done
  trap - EXIT
  forget demo
  return "$code"
}

show_demo() {
  # The variable's name, not its value: a password stays out of the terminal's history, and the line still works.
  local key=demo
  # shellcheck disable=SC2016
  if [ -n "${PASSWORD:-}" ]; then key='${PASSWORD%%,*}'; elif [ -n "${USERS_API_KEY:-}" ]; then key='${USERS_API_KEY%%,*}'; fi
  cat <<TEXT

GAP serves http://127.0.0.1:$1 in demo mode: answers are made up by the built-in simulator.
Ctrl-C or ./deploy.sh stop ends it. Try

  curl "http://127.0.0.1:$1/v1beta/models/gemini-2.5-flash:generateContent" -H "x-goog-api-key: $key" -H "content-type: application/json" -d '{"contents":[{"role":"user","parts":[{"text":"Say hello"}]}]}'

TEXT
}

random_hex() { od -An -v -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Writes .env from .env.example with a secret key and a password of its own, readable by its owner alone.
write_env() {
  [ ! -e .env ] || return 0
  [ -f .env.example ] || fail 1 ".env.example is missing; fetch it again: git checkout -- .env.example"
  local secret password draft
  secret=$(random_hex 32)
  password=$(random_hex 12)
  draft=$(umask 077 && mktemp .env.XXXXXX)
  # The values come through the environment: on the command line any user of the machine could read them.
  SECRET=$secret PASS=$password awk '
    function put(name, value) { print name "=" value; done[name] = 1 }
    /^#? ?SECRET_KEY=/ && !done["SECRET_KEY"] { put("SECRET_KEY", ENVIRON["SECRET"]); next }
    /^#? ?PASSWORD=/ && !done["PASSWORD"] { put("PASSWORD", ENVIRON["PASS"]); next }
    { print }
    END {
      if (!done["SECRET_KEY"]) put("SECRET_KEY", ENVIRON["SECRET"])
      if (!done["PASSWORD"]) put("PASSWORD", ENVIRON["PASS"])
    }' .env.example >"$draft"
  chmod 600 "$draft"
  # Never over a file that came to be in the meantime.
  ln "$draft" .env 2>/dev/null || { [ -e .env ] || mv "$draft" .env; }
  rm -f "$draft"
  say "Wrote .env with a random SECRET_KEY and PASSWORD (only you can read it)."
}

# What .env sets the name to, as far as the script must know it: a plain value.
env_file_value() {
  [ -f .env ] || return 0
  sed -nE "s/^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=[[:space:]]*[\"']?([^\"'#[:space:]]*).*/\2/p" .env | tail -n 1
}

# Whether .env sets the name to something.
env_file_has() { [ -f .env ] && grep -qE "^[[:space:]]*(export[[:space:]]+)?$1[[:space:]]*=[[:space:]]*[^[:space:]#]" .env; }

local_() {
  local port='' restart=no
  while [ $# -gt 0 ]; do
    case $1 in
      --port | -p) need_valid_port "${2:-}" && port=$2 && shift 2 ;;
      --restart) restart=yes && shift ;;
      *) fail 2 "local does not know '$1'." "./deploy.sh help" ;;
    esac
  done
  need_curl
  need_rust
  write_env
  build
  if recall local && [ "$restart" = no ]; then
    say "GAP runs already (pid $PID) at http://127.0.0.1:$PORT_OF. After a change: ./deploy.sh local --restart"
    return 0
  fi
  local -a listen=()
  [ -z "$port" ] || listen=(--port "$port")
  # Wrong settings are said here, before anything is stopped or started.
  "$GAP" config check >/dev/null || return $?
  if [ -z "$port" ]; then
    port=$("$GAP" config print | sed -nE 's/^[[:space:]]*server\.port[[:space:]=:]+([0-9]+).*/\1/p' | head -n 1)
    port=${port:-$DEFAULT_PORT}
  fi
  end local || true
  need_port "$port" local
  mkdir -p "$LOGS"
  if [ -z "${LOG_DIR:-}" ] && ! env_file_has LOG_DIR; then export LOG_DIR=$LOGS; fi
  nohup "$GAP" serve "${listen[@]+"${listen[@]}"}" >>"$LOGS/backend.log" 2>&1 </dev/null &
  local pid=$!
  remember local "$pid" "$port"
  if ! wait_healthy "$pid" "http://127.0.0.1:$port"; then
    end local || true
    tail -n 20 "$LOGS/backend.log" >&2
    fail 1 "GAP did not come up on port $port; the end of $LOGS/backend.log stands above."
  fi
  say "GAP serves http://127.0.0.1:$port (pid $pid)"
  say "  settings  .env: PASSWORD is the clients' access key, GEMINI_API_KEYS takes your upstream keys"
  say "  logs      $LOGS/backend.log, app.log, error.log · ./deploy.sh logs --follow"
  say "  end       ./deploy.sh stop"
  hint_at_keys "./deploy.sh local --restart"
}

# hint_at_keys COMMAND: what to do when there is nothing yet to serve with.
hint_at_keys() {
  if [ -z "${GEMINI_API_KEYS:-}" ] && ! env_file_has GEMINI_API_KEYS; then
    say "There is no upstream key yet: put your keys into GEMINI_API_KEYS in .env, then $1"
  fi
}

test_() {
  case " $* " in *" --list "*) need_rust && exec cargo run --quiet --locked --profile ci --package xtask -- ci --list ;; esac
  need_test_packages "$@"
  need_rust
  need_test_tools "$@"
  # The whole run is one process group, so that whatever ends this script ends everything it started.
  trap 'ASKED=yes; end_group' INT TERM HUP
  trap end_group EXIT
  set -m
  cargo run --quiet --locked --profile ci --package xtask -- ci "$@" </dev/null &
  CHILD=$!
  set +m
  [ "$ASKED" = no ] || end_group
  local code=0
  wait "$CHILD" || code=$?
  # The EXIT trap ends whatever a run that went wrong has left behind.
  return "$code"
}

stop() {
  local name stopped=no
  local -a names=(local demo docker)
  case ${1:-} in
    '') ;;
    local | demo | docker) names=("$1") ;;
    *) fail 2 "stop does not know '$1'." "./deploy.sh help" ;;
  esac
  for name in "${names[@]}"; do
    if if [ "$name" = docker ]; then stop_docker; else end "$name"; fi; then
      say "Ended $name."
      stopped=yes
    fi
  done
  [ "$stopped" = yes ] || say "Nothing runs that this script started."
}

status() {
  local name running=1
  for name in local demo; do
    if recall "$name"; then
      running=0
      local health
      health=$(curl -fsS --noproxy '*' --max-time 3 "http://127.0.0.1:$PORT_OF/healthz" 2>/dev/null || echo "does not answer")
      say "$name: pid $PID · http://127.0.0.1:$PORT_OF · $health"
    else
      say "$name: not running"
    fi
  done
  if status_docker; then running=0; fi
  return "$running"
}

logs() {
  local name=local lines=100 file
  local -a follow=()
  while [ $# -gt 0 ]; do
    case $1 in
      local | demo | docker) name=$1 && shift ;;
      --follow | -f) follow=(-F) && shift ;;
      --lines | -n) need_number --lines "${2:-}" && lines=$2 && shift 2 ;;
      *) fail 2 "logs does not know '$1'." "./deploy.sh help" ;;
    esac
  done
  if [ "$name" = docker ]; then
    need_docker
    compose logs --no-log-prefix --tail "$lines" "${follow[@]+--follow}" backend
    return
  fi
  file=$LOGS/backend.log
  [ "$name" = local ] || file=$LOGS/demo.log
  [ -f "$file" ] || fail 1 "there is no $file yet." "./deploy.sh $name writes it (demo: with --background)"
  exec tail -n "$lines" "${follow[@]+"${follow[@]}"}" "$file"
}

backup() {
  local from='' to=''
  while [ $# -gt 0 ]; do
    case $1 in
      local | docker) from=$1 && shift ;;
      --to) [ -n "${2:-}" ] || fail 2 "--to takes the file to write." && to=$2 && shift 2 ;;
      *) fail 2 "backup does not know '$1'." "./deploy.sh help" ;;
    esac
  done
  if [ -z "$from" ]; then
    from=local
    if ! recall local && docker_answers && [ -n "$(container_port)" ]; then from=docker; fi
  fi
  if [ -z "$to" ]; then
    (umask 077 && mkdir -p backups)
    to=backups/gap-$(date -u +%Y%m%dT%H%M%SZ).backup
  fi
  [ ! -e "$to" ] || fail 1 "$to exists already; a backup replaces nothing."
  if [ "$from" = docker ]; then
    need_docker
    [ -n "$(container_port)" ] || fail 1 "the container does not run. Start it with" "./deploy.sh docker"
    backup_docker "$to" || fail 1 "no backup was written; what docker says stands above."
  else
    need_rust
    build
    (umask 077 && "$GAP" backup "$to") >&2 || return $?
  fi
  say "Wrote $to. It opens with the SECRET_KEY of today; keep that, too (.env, or secret-key in the data folder)."
}

clean() {
  local dry=no path
  case ${1:-} in
    '') ;;
    --dry-run | -n) dry=yes ;;
    *) fail 2 "clean does not know '$1'." "./deploy.sh help" ;;
  esac
  for path in local demo; do
    if [ "$dry" = no ] && recall "$path"; then
      fail 1 "$path runs (pid $PID) from what would be removed." "End it first: ./deploy.sh stop $path"
    fi
  done
  for path in target fuzz/target web/dist web/node_modules e2e/js/node_modules "$RUN_DIR"; do
    # A link leads to a folder that may be somebody else's.
    if [ -L "$path" ]; then
      say "kept      $path, which is a link"
    elif [ -e "$path" ]; then
      say "$([ "$dry" = yes ] && echo 'would go ' || echo 'removed  ') $path ($(du -sh "$path" 2>/dev/null | cut -f1))"
      [ "$dry" = yes ] || rm -rf -- "${ROOT:?}/$path"
    fi
  done
  [ "$dry" = yes ] || clean_docker
  say "kept      .env, data, logs, backups, and the volume gap-data"
}

menu() {
  say "What shall be done?"
  local choice
  PS3='> '
  select choice in \
    "docker: serve in a container" \
    "demo: try it with the built-in simulator" \
    "local: serve in the background" \
    "test" "status" "logs" "stop" "backup" "clean" "help" "quit"; do
    case ${choice%%:*} in
      docker) docker_ ;;
      demo) demo ;;
      local) local_ ;;
      test) test_ ;;
      status) status || true ;;
      logs) logs ;;
      stop) stop ;;
      backup) backup ;;
      clean) clean ;;
      help) usage ;;
      quit) ;;
      *) say "Type the number of a line." && continue ;;
    esac
    break
  done
}

main() {
  local command=${1:-}
  [ $# -eq 0 ] || shift
  case $command in
    '') if [ -t 0 ] && [ -t 1 ]; then menu; else usage; fi ;;
    docker) docker_ "$@" ;;
    demo) demo "$@" ;;
    local) local_ "$@" ;;
    test) test_ "$@" ;;
    stop) stop "$@" ;;
    status) status ;;
    logs) logs "$@" ;;
    backup) backup "$@" ;;
    clean) clean "$@" ;;
    help | -h | --help) usage ;;
    *) fail 2 "there is no command '$command'." "./deploy.sh help" ;;
  esac
}

main "$@"
