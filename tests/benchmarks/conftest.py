"""The scripts of benchmarks/ import each other by plain names, as they do when one is run."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
