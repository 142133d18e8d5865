"""Opens the page: what `make app`, a Space and the Docker image run.

The command `taskarith app` under another name, so that options and error messages are the same.
"""

import sys

from taskarith.cli import main

if __name__ == "__main__":
    sys.exit(main(["app", *sys.argv[1:]]))
