"""`python -m faults` in the folder `tests`: plays every fault at full length, and makes docs/reliability.md anew."""

from __future__ import annotations

import subprocess
import sys

from command_line import ROOT
from docs.generated import write_all
from faults.figures import KEPT

if __name__ == "__main__":
    command = [sys.executable, "-m", "pytest", "tests/faults", "--long", "--figures", str(KEPT), *sys.argv[1:]]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    write_all()
    sys.exit(status)
