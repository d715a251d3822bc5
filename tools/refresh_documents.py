"""Write into the documents what their examples print now. Read the difference before committing it.

python tools/refresh_documents.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.document_examples import BLOCK, commands, filled  # noqa: E402


def main() -> None:
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        BLOCK.sub(
            lambda found: (
                f"```console\n{filled(found.group(1))}```"
                if commands(found.group(1))
                else found.group(0)
            ),
            text,
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
