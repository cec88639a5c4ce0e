# What the tests of documented commands read first. SANDBOX is a directory of their own, PROGRAM the program.
set -euo pipefail
cd "$SANDBOX"
mkdir -p bin
printf '#!/bin/sh\nexec dotnet "%s" "$@"\n' "$PROGRAM" >bin/furiosa-llm
chmod +x bin/furiosa-llm
export PATH="$SANDBOX/bin:$PATH" HOME="$SANDBOX"
servers=()
declare -A ports=() # of the cluster: as written, and as the system chose it

furiosa-llm() {
  if [ "$1" != serve ]; then command furiosa-llm "$@"
  elif [ $# -gt 1 ]; then serve "${@:2}"
  fi # without arguments it is the server that the test has started
}

# Servers go on in the background, as they would in terminals of their own, at ports that the system chooses.
serve() {
  local log="$SANDBOX/serve-${#servers[@]}.log" arguments=() argument previous= written= port
  for argument; do
    if [ "$previous" = --cluster-port ]; then written=$argument argument=0; fi
    previous=$argument
    for port in "${!ports[@]}"; do argument=${argument//:$port/:${ports[$port]}}; done
    arguments+=("$argument")
  done
  FURIOSA_HTTP__PORT=0 FURIOSA_ADMIN__PORT=0 command furiosa-llm serve "${arguments[@]}" >"$log" 2>&1 &
  servers+=($!)
  until grep -q "running on" "$log"; do
    kill -0 $! 2>/dev/null || { cat "$log" >&2; return 1; }
    sleep 0.1
  done
  [ -z "$written" ] || ports[$written]=$(sed -n 's/.*Joining the cluster as .*:\([0-9]*\).*/\1/p' "$log" | head -n 1)
  # What follows on the page is about the first of them.
  [ ${#servers[@]} -gt 1 ] || export FURIOSA_ADMIN__PORT=$(sed -n 's/.*Admin listener at .*:\([0-9]*\).*/\1/p' "$log")
}

# Each must end well when it is asked to, the last first: device nodes before their gateway.
finish() {
  local status=$? i
  trap - ERR
  for ((i = ${#servers[@]} - 1; i >= 0; i--)); do
    kill -TERM "${servers[i]}" || true
    wait "${servers[i]}" || { echo "server $i ended with $?" >&2; cat "$SANDBOX/serve-$i.log" >&2; status=1; }
  done
  exit "$status"
}
trap finish EXIT
trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR
