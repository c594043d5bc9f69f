"""Reads a letter from standard input with Python's `email` and prints, as JSON, what it is to it."""

import email
import email.policy
import json
import sys

letter = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
parts = list(letter.walk())
print(json.dumps({
    "subject": letter["Subject"],
    "from": [letter["From"].addresses[0].display_name, letter["From"].addresses[0].addr_spec],
    "parts": [part.get_content_type() for part in parts],
    "text": letter.get_body(["plain"]).get_content(),
    "html": letter.get_body(["html"]).get_content(),
    "headers": [name.lower() for name in letter.keys()],
    "defects": [repr(defect) for part in parts for defect in part.defects]
    + [repr(defect) for value in letter.values() for defect in value.defects],
}))
