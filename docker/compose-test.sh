#!/usr/bin/env bash
# Runs the image and docker-compose.yml for real on this machine with podman: builds the image (on stand-in bases), serves from one
# container, brings the cluster up, asks it, kills a device node in mid-stream and compares the bytes, scales, has Prometheus (Debian's, where
# it is installed) watch it, and takes everything down again. Needs root, podman, runc and docker-compose (Debian: apt-get install podman runc docker-compose netavark aardvark-dns iptables).
#   docker/compose-test.sh [--keep-images]      use images that an earlier run built
# Exit code 0 if all of it worked, 77 where no container can be run here, else 1.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() { echo "No containers here: $*" >&2; exit 77; }
for tool in podman runc docker-compose curl; do command -v "$tool" >/dev/null || skip "$tool is not installed."; done
[ "$(id -u)" -eq 0 ] || skip "this needs root."

work=$(mktemp -d)
printf '[containers]\ndefault_ulimits=["nofile=20000:20000","nproc=1000:1000"]\n[engine]\nruntime="runc"\n' >"$work/containers.conf"
export CONTAINERS_CONF=$work/containers.conf FURIOSA_IMAGE=localhost/furiosa-llm FURIOSA_PORT=18680 FURIOSA_ADMIN_PORT=18681 FURIOSA_ADMIN_KEY=test-key
export DOCKER_HOST=unix://$work/podman.sock COMPOSE_PROJECT_NAME=furiosa-test$$
export COMPOSE_FILE=docker-compose.yml:monitoring/compose.yml PROMETHEUS_IMAGE=localhost/furiosa-prometheus PROMETHEUS_PORT=18682
alone=furiosa-alone$$
service=
finish() {
  export COMPOSE_PROFILES=monitoring
  docker-compose logs --no-color >"${COMPOSE_LOG:-/dev/null}" 2>&1 || true
  docker-compose down --volumes --timeout 5 >/dev/null 2>&1 || true
  podman rm --force --time 2 "$alone" >/dev/null 2>&1 || true
  [ -z "$service" ] || kill "$service" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' TERM INT

# The smallest image there is, to see whether an engine that is installed can run anything.
mkdir -p "$work/probe/bin" && ldd /bin/true | grep -oE '/[^ ]+\.so[^ ]*' | while read -r library; do install -D "$library" "$work/probe$library"; done
install /bin/true "$work/probe/bin/true"
tar -C "$work/probe" -c . | podman import -q - localhost/furiosa-probe:latest >/dev/null 2>&1 || skip "podman cannot make an image."
podman run --rm localhost/furiosa-probe /bin/true >/dev/null 2>"$work/why" || skip "podman cannot run a container: $(head -n 1 "$work/why")"
podman rmi localhost/furiosa-probe >/dev/null 2>&1 || true
podman system service --time=0 "$DOCKER_HOST" & service=$!

if [ "${1:-}" != --keep-images ] || ! podman image exists "$FURIOSA_IMAGE"; then
  docker/stand-in-images.sh podman
  podman build --format docker -q -t "$FURIOSA_IMAGE" --build-arg SDK_IMAGE=localhost/furiosa-sdk --build-arg RUNTIME_IMAGE=localhost/furiosa-runtime .
fi

url=http://127.0.0.1:$FURIOSA_PORT
admin() { curl -sf -H "Authorization: Bearer $FURIOSA_ADMIN_KEY" "http://127.0.0.1:$FURIOSA_ADMIN_PORT$1"; }
until_true() { local left=$1; shift; until "$@" >/dev/null 2>&1; do left=$((left - 1)); [ "$left" -gt 0 ] || { echo "FAILED: $*" >&2; exit 1; }; sleep 1; done; }
devices() { [ "$(admin /admin/api/cluster | grep -o '"role":"device"' | wc -l)" -eq "$1" ]; }
expect_answer() {
  curl -sf "$1/v1/chat/completions" -H 'Content-Type: application/json' \
    -d '{"model": "EMPTY", "messages": [{"role": "user", "content": "What is the capital of France?"}]}' | grep -q 'The capital of France is Paris.' ||
    { echo "FAILED: no right answer from $1" >&2; exit 1; }
}
ask() {
  curl -sfN --max-time 120 "$url/v1/completions" -H 'Content-Type: application/json' \
    -d '{"model": "EMPTY", "prompt": "Once upon a time", "max_tokens": 800, "temperature": 1, "seed": 11, "ignore_eos": true, "stream": true}' |
    sed -nE 's/.*"text":"(([^"\\]|\\.)*)".*/\1/p' | tr -d '\n'
}

podman run -d --name "$alone" -p "$FURIOSA_PORT:8000" -e HF_TOKEN -v ./models/furiosa-demo:/model:ro --user 4321 --read-only \
  "$FURIOSA_IMAGE" serve --model /model --devices "npu:0:*" >/dev/null
until_true 90 curl -sf "$url/health"
expect_answer "$url"
podman rm --force --time 5 "$alone" >/dev/null
echo "One container alone answers, as any user and with a read-only root."

docker-compose up -d --no-build
until_true 90 curl -sf "$url/health"
until_true 60 devices 2
expect_answer "$url"
echo "The cluster answers."

undisturbed=$(ask)
ask >"$work/disturbed" & asking=$!
sleep 0.7
podman kill --signal KILL "$(podman ps -q --filter "name=${COMPOSE_PROJECT_NAME}_device" | head -n 1)" >/dev/null
wait "$asking"
[ -n "$undisturbed" ] && [ "$undisturbed" = "$(cat "$work/disturbed")" ] || { echo "FAILED: a stream differs after a device node was killed" >&2; exit 1; }
echo "A stream went on with the same bytes when a device node was killed."

docker-compose up -d --no-build --scale device=4
until_true 90 devices 4
echo "Four device nodes."
# A node that has just joined is healthy once it has its shards.
for name in gateway device; do
  until_true 60 podman exec "$(podman ps -q --filter "name=${COMPOSE_PROJECT_NAME}_$name" | head -n 1)" dotnet /app/furiosa-llm.dll health
done
echo "Gateway and device nodes are healthy."

# The profile's other half, Grafana, can only be pulled; what it would show is asked of Prometheus in DashboardTests.
ask_prometheus() { curl -sfG "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query" --data-urlencode "query=$1" | grep -q '"value":\['; }
if podman image exists "$PROMETHEUS_IMAGE"; then
  docker-compose --profile monitoring up -d --no-build prometheus
  until_true 60 ask_prometheus 'up{job="furiosa"} == 1'
  until_true 60 ask_prometheus 'sum(furiosa_llm_generation_tokens_total) > 800'
  until_true 60 ask_prometheus 'count(furiosa_llm_replica_state{state="serving"} == 1) > 0'
  until_true 60 ask_prometheus 'furiosa:generation_tokens:rate1m'
  echo "Prometheus found the gateway, and its rules give numbers."
else
  echo "Prometheus is not installed: the profile 'monitoring' was not tried."
fi
echo "All passed."
