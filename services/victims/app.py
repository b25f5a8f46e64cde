"""The victims service as a process.

Owns its entry point: `python -m services.victims.app`.
"""

import sys

from services.victims.service import SERVICE
from shared.kit.serve import main

if __name__ == "__main__":
    sys.exit(main(SERVICE))
