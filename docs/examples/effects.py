"""Carries out what people decided in Rowan: in order, each thing once.

ROWAN_URL is where Rowan listens, ROWAN_KEY the key that "rowan keys create"
printed. The file named by the first argument keeps how far it has come. With
--once behind it the program ends when nothing is left to do. It needs Python
3.9 or later and no package.
"""

import json
import os
import sys
import urllib.request


def ask(after, wait):
    request = urllib.request.Request(
        f"{os.environ['ROWAN_URL']}/v1/effects?after={after}&wait={wait}",
        headers={"Authorization": "Bearer " + os.environ["ROWAN_KEY"]},
    )
    with urllib.request.urlopen(request, timeout=wait + 10) as answer:
        return json.load(answer)


def carry_out(effect):
    """Here the platform does it; it must bear being asked twice."""
    kind, account = effect["kind"], effect["account"]
    if kind == "restrict_contact":
        print(f"{account}: no new contact with minors until {effect.get('until', 'it is lifted')}")
    elif kind == "suspend":
        print(f"{account}: suspended until {effect.get('until', 'it is lifted')}")
    elif kind == "lift":
        print(f"{account}: {effect['reverses']} is taken back")
    elif kind == "appeal_outcome":
        print(f"{account}: tell the owner that the appeal was {effect['reason']}")
    else:  # request_age_assurance, inform, support, monitor, and what is new
        print(f"{account}: {kind} {effect.get('reason', '')}".rstrip())


def main(place, once):
    after = 0
    if os.path.exists(place):
        with open(place) as kept:
            after = int(kept.read())
    while True:
        found = ask(after, 0 if once else 30)
        for effect in found["effects"]:
            carry_out(effect)
            after = effect["sequence"]
            with open(place + ".new", "w") as kept:
                kept.write(str(after))
            os.replace(place + ".new", place)
        if once and not found["effects"]:
            return


if __name__ == "__main__":
    main(sys.argv[1], "--once" in sys.argv[2:])
