"""The aid service as a process.

Owns its entry point: `python -m services.aid.app`.
"""

import sys

from services.aid.service import SERVICE
from shared.kit.serve import main

if __name__ == "__main__":
    sys.exit(main(SERVICE))
