"""What the tests share: small laws and records, ways to run the program, and what the
goldens ask.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The checkout."""

TESTS = ROOT / "tests"
