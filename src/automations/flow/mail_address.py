"""What a mail address looks like; whether there is such a mailbox, only its server knows."""

from __future__ import annotations

import re

# One @, no blanks or control characters, none of what separates or encloses addresses. The local part is anybody's.
MAIL_ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f]{1,64}@[^\s@<>(),;:\\\"\[\]\x00-\x1f\x7f]{1,255}")
