"""`python -m tanggap.flood`: the program the box plays its demo with; the same as `tanggap flood play`.

Owns nothing but the way in.
"""

import sys

from tanggap.cli.main import run

if __name__ == "__main__":
    sys.exit(run(["flood", "play", *sys.argv[1:]]))
