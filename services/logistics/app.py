"""The logistics service as a process.

Owns its entry point: `python -m services.logistics.app`.
"""

import sys

from services.logistics.service import SERVICE
from shared.kit.serve import main

if __name__ == "__main__":
    sys.exit(main(SERVICE))
