#!/bin/sh
# Asks Rowan about one message. ROWAN_URL is where it listens, ROWAN_KEY the
# key that "rowan keys create" printed.
set -eu

curl --silent --show-error --fail-with-body \
  -H "Authorization: Bearer $ROWAN_KEY" \
  -H 'Content-Type: application/cloudevents+json' \
  -d '{
    "specversion": "1.0",
    "id": "m-1001",
    "source": "/chat/eu-1",
    "type": "rowan.message.sent",
    "data": {
      "conversation": "c-9",
      "from": "u-22",
      "to": ["u-17"],
      "channel": "direct",
      "text": "did you finish the maths homework?"
    }
  }' \
  "$ROWAN_URL/v1/events"
