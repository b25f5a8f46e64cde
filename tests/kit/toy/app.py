"""The toy services as processes: `python -m tests.kit.toy.app toy|mirror`."""

import sys

from shared.kit.serve import main
from tests.kit.toy.service import MIRRORING, TOY

if __name__ == "__main__":
    sys.exit(main({"toy": TOY, "mirror": MIRRORING}[sys.argv[1]]))
