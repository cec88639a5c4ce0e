#!/usr/bin/env bash
# Runs docker-compose.yml for real on this machine with podman: builds the image (on stand-in bases), brings the cluster up, asks it,
# kills a device node in mid-stream and compares the bytes, scales, and takes everything down again. Exit code 0 if all of it worked.
# Needs root, podman, runc and docker-compose (Debian: apt-get install podman runc docker-compose).
#   docker/compose-test.sh [--keep-images]      use images that an earlier run built
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in podman runc docker-compose curl; do command -v "$tool" >/dev/null || { echo "$tool is not installed." >&2; exit 1; }; done

work=$(mktemp -d)
printf '[containers]\ndefault_ulimits=["nofile=20000:20000","nproc=1000:1000"]\n[engine]\nruntime="runc"\n' >"$work/containers.conf"
export CONTAINERS_CONF=$work/containers.conf FURIOSA_IMAGE=localhost/furiosa-llm FURIOSA_PORT=18680 FURIOSA_ADMIN_PORT=18681 FURIOSA_ADMIN_KEY=test-key
export DOCKER_HOST=unix://$work/podman.sock COMPOSE_PROJECT_NAME=furiosa-test
podman system service --time=0 "$DOCKER_HOST" & service=$!
finish() {
  docker-compose logs --no-color >"${COMPOSE_LOG:-/dev/null}" 2>&1 || true
  docker-compose down --volumes --timeout 5 >/dev/null 2>&1 || true
  kill "$service" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

if [ "${1:-}" != --keep-images ]; then
  docker/stand-in-images.sh podman
  podman build --format docker -q -t "$FURIOSA_IMAGE" --build-arg SDK_IMAGE=localhost/furiosa-sdk --build-arg RUNTIME_IMAGE=localhost/furiosa-runtime .
fi

url=http://127.0.0.1:$FURIOSA_PORT
admin() { curl -sf -H "Authorization: Bearer $FURIOSA_ADMIN_KEY" "http://127.0.0.1:$FURIOSA_ADMIN_PORT$1"; }
until_true() { local left=$1; shift; until "$@" >/dev/null 2>&1; do left=$((left - 1)); [ "$left" -gt 0 ] || { echo "FAILED: $*" >&2; exit 1; }; sleep 1; done; }
devices() { [ "$(admin /admin/api/cluster | grep -o '"role":"device"' | wc -l)" -eq "$1" ]; }
ask() {
  curl -sfN --max-time 120 "$url/v1/completions" -H 'Content-Type: application/json' \
    -d '{"model": "EMPTY", "prompt": "Once upon a time", "max_tokens": 800, "temperature": 1, "seed": 11, "ignore_eos": true, "stream": true}' |
    sed -nE 's/.*"text":"(([^"\\]|\\.)*)".*/\1/p' | tr -d '\n'
}

docker-compose up -d --no-build
until_true 90 curl -sf "$url/health"
until_true 60 devices 2
curl -sf "$url/v1/chat/completions" -H 'Content-Type: application/json' \
  -d '{"model": "EMPTY", "messages": [{"role": "user", "content": "What is the capital of France?"}]}' | grep -q 'The capital of France is Paris.'
echo "The cluster answers."

undisturbed=$(ask)
ask >"$work/disturbed" & asking=$!
sleep 0.7
podman kill --signal KILL "$(podman ps -q --filter name=device | head -n 1)" >/dev/null
wait "$asking"
[ -n "$undisturbed" ] && [ "$undisturbed" = "$(cat "$work/disturbed")" ] || { echo "FAILED: a stream differs after a device node was killed" >&2; exit 1; }
echo "A stream went on with the same bytes when a device node was killed."

docker-compose up -d --no-build --scale device=4
until_true 90 devices 4
echo "Four device nodes."
podman exec "$(podman ps -q --filter name=gateway | head -n 1)" dotnet /app/furiosa-llm.dll health >/dev/null
podman exec "$(podman ps -q --filter name=device | head -n 1)" dotnet /app/furiosa-llm.dll health >/dev/null
echo "Gateway and device nodes are healthy. All passed."
