#!/usr/bin/env bash
# Events that a partner signs in their own time zone.
#
# Guess: a library that signs a webhook for an instant signs the instant, in whatever zone it is written: 18:00+08:00 and
#        10:00Z give one signature, as they do with JavaScript's Date.
# Seen (standardwebhooks 1.1.0 of PyPI): `sign` puts UTC in the place of the zone instead of converting. An aware datetime of
#        Shanghai is signed as if it were eight hours later, so that the same library's `verify`, and everybody else's,
#        refuses what was just signed with "No matching signature found", which sounds like a wrong secret. In UTC it is
#        right. Whoever tests a receiver, or answers with signed events, signs `datetime.now(timezone.utc)`.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
cat >look.py <<'PY'
import base64
from datetime import datetime, timedelta, timezone

from standardwebhooks import Webhook, WebhookVerificationError

secret = "whsec_" + base64.b64encode(b"a shop and its partner share it!").decode()
body = '{"type":"sale.created","data":{"total":1250}}'
webhook = Webhook(secret)
now = datetime.now(timezone.utc)
for name, at in [("UTC", now), ("+08:00", now.astimezone(timezone(timedelta(hours=8))))]:
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": webhook.sign("msg_1", at, body),
    }
    try:
        webhook.verify(body, headers)
        print(name, "accepted")
    except WebhookVerificationError as error:
        print(name, "refused:", error)
PY
seen="$(env/bin/python look.py)"
echo "$seen"
expected='UTC accepted
+08:00 refused: No matching signature found'
[ "$seen" = "$expected" ] || { echo "it behaves otherwise now" >&2; exit 1; }
