#!/usr/bin/env bash
# Asks a real centre's desk whatever its description allows and much that it does not: it may refuse, it may not fall over. The same questions each
# time. Left out: events, which never end, and signing out, which would end the session that asks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
house=$PWD
cyberalarm=$house/target/debug/cyberalarm

cargo build --locked --bin cyberalarm
state=$(mktemp -d)
boxes=127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
desk=127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$cyberalarm" central --state "$state" --listen "$boxes" --console "$desk" >"$state/out" 2>"$state/err" &
centre=$!
trap 'kill $centre 2>/dev/null; wait $centre 2>/dev/null; rm -rf "$state"' EXIT
until grep -q 'The desk is at' "$state/out"; do
    kill -0 $centre 2>/dev/null || { cat "$state/err" && exit 1; }
    sleep 0.1
done

# Members, boxes and incidents that can be asked for.
"$cyberalarm" simulate fleet --state "$state" --centre "$boxes" --console "$desk" --boxes 3 --rate 50 --for 3
token=$("$cyberalarm" central link --state "$state" --desk "$desk" | sed 's|.*/||')
read -r cookie csrf < <(
    python3 - "$desk" "$token" <<'SIGNS_IN'
import json, sys, urllib.request
desk, token = sys.argv[1:]
asked = json.dumps({"token": token}).encode()
request = urllib.request.Request(f"http://{desk}/api/v1/sign-in", asked, {"content-type": "application/json"})
with urllib.request.urlopen(request) as answer:
    print(answer.headers["set-cookie"].split(";")[0], json.load(answer)["csrf"])
SIGNS_IN
)

# It keeps notes where it runs.
cd "$state"
status=0
schemathesis run "$house"/docs/generated/central-api.json --url "http://$desk" \
    --header "Cookie: $cookie" --header "X-Cyberalarm: $csrf" \
    --exclude-path /api/v1/events --exclude-method DELETE \
    --checks not_a_server_error,response_schema_conformance --phases examples,coverage,fuzzing --max-examples 60 \
    --generation-deterministic --workers 1 --rate-limit 150/s --warnings off \
    --continue-on-failure --no-color || status=$?
kill -0 $centre || { echo 'the centre fell' && status=1; }
if grep -n 'panicked' "$state/err"; then status=1; fi
exit $status
