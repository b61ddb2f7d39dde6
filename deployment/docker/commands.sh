# shellcheck shell=bash
# What ./deploy.sh does with containers. Read by it, never run by itself; `say`, `fail` and the rest are there.

readonly COMPOSE_FILE=deployment/docker/docker-compose.yml

# compose ARGUMENT...: this project's, with the settings of .env where there is one.
compose() {
  local -a env=()
  [ ! -f .env ] || env=(--env-file .env)
  docker compose "${env[@]+"${env[@]}"}" --file "$COMPOSE_FILE" "$@"
}

have_compose() { docker compose version >/dev/null 2>&1; }
# Whether there is a Docker to ask at all; a machine without one has no containers of ours.
docker_answers() { have docker && have_compose && docker info >/dev/null 2>&1; }

need_docker() {
  have docker || fail 3 "docker is not installed. Install it with its compose and buildx plugins:" \
    "https://docs.docker.com/engine/install/ (Debian: apt-get install -y docker.io docker-compose-v2 docker-buildx)" \
    "Without Docker: ./deploy.sh local"
  have_compose || fail 3 "docker has no compose plugin ('docker compose version' fails). Install it:" \
    "https://docs.docker.com/compose/install/linux/ (Debian: apt-get install -y docker-compose-v2, or docker-compose-plugin)"
  local said
  if ! said=$(docker info 2>&1 >/dev/null); then
    case $said in
      *"ermission denied"*) fail 3 "this user may not speak to the Docker daemon. Let root do it, or join its group:" \
        "sudo usermod -aG docker \"\$USER\" && newgrp docker" ;;
      *) fail 3 "the Docker daemon does not answer. Start it with" "sudo systemctl start docker" ;;
    esac
  fi
}

# The port of this machine that the running container has; nothing when none runs.
container_port() {
  local address
  address=$(compose port backend 7860 2>/dev/null | head -n 1) || return 0
  printf '%s' "${address##*:}"
}

docker_() {
  local port='' build=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --port | -p) need_valid_port "${2:-}" && port=$2 && shift 2 ;;
      --no-build) build=no && shift ;;
      *) fail 2 "docker does not know '$1'." "./deploy.sh help" ;;
    esac
  done
  need_docker
  write_env
  # The environment goes before .env, in Compose as in GAP.
  [ -z "$port" ] || export PORT=$port
  # The port is ours already when the container only changes.
  if [ -z "$(container_port)" ]; then
    port=${PORT:-$(env_file_value PORT)}
    need_valid_port "${port:-$DEFAULT_PORT}"
    need_port "${port:-$DEFAULT_PORT}" docker
  fi
  local -a how=(--build)
  if [ "$build" = no ]; then how=(--no-build); else note "Building the image (the first time takes some minutes)"; fi
  if ! compose up --detach --wait "${how[@]}" backend >&2; then
    compose logs --no-log-prefix --tail 20 backend >&2 || true
    fail 1 "the container did not come up; the end of its log stands above."
  fi
  say "GAP serves http://127.0.0.1:$(container_port) in the container of service 'backend'"
  say "  settings  .env: PASSWORD is the clients' access key, GEMINI_API_KEYS takes your upstream keys"
  say "  data      the volume gap-data; it outlives containers and images"
  say "  logs      ./deploy.sh logs docker --follow"
  say "  end       ./deploy.sh stop docker"
  hint_at_keys "./deploy.sh docker"
}

# Ends the container in an orderly way; succeeds when one ran. Volumes stay.
stop_docker() {
  docker_answers || return 1
  [ -n "$(compose ps --quiet backend 2>/dev/null)" ] || return 1
  compose down --timeout "$STOP_LIMIT" >&2
}

status_docker() {
  local state
  if docker_answers && state=$(compose ps --format '{{.State}} {{.Health}}' backend 2>/dev/null) && [ -n "$state" ]; then
    say "docker: http://127.0.0.1:$(container_port) · $state"
    return 0
  fi
  say "docker: not running"
  return 1
}

# backup_docker FILE: a backup of what the running container keeps, onto this machine.
backup_docker() {
  # Through a pipe: the image has no shell, and the folders of this machine are no business of its user.
  (umask 077 && set -o noclobber && compose exec --no-TTY backend gap backup - >"$1.part") && mv -n "$1.part" "$1" && return 0
  rm -f "$1.part"
  return 1
}

# Images that newer builds have left without a name; never one that is in use, never a volume.
clean_docker() {
  docker_answers || return 0
  docker image prune --force --filter label=org.opencontainers.image.title=gap >/dev/null
  say "removed   images of earlier builds"
}
