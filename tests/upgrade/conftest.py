from __future__ import annotations

import sys
from pathlib import Path

# Tests are imported by path (importmode importlib); what they share is imported by name, from the checkout.
if (_CHECKOUT := str(Path(__file__).parents[2])) not in sys.path:
    sys.path.insert(0, _CHECKOUT)
