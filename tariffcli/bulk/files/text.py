"""Files of text in whatever encoding they came: a mark at their start, or what their bytes look like, tells it."""

from __future__ import annotations

import codecs
import re

from tariffcli.book.words import clean
from tariffcli.errors import UsageError

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decoded(name: str, data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file and its encoding. Raises UsageError where it is no text, or not in the encoding that was given."""
    if encoding is not None:
        try:
            return _text_of(name, data.decode(encoding)), codecs.lookup(encoding).name
        except LookupError:
            raise UsageError(
                f"'{clean(encoding)}' is no encoding; for example utf-8, utf-16, gb18030, cp1252."
            ) from None
        except (UnicodeError, ValueError):
            raise UsageError(f"{name} is not written in {clean(encoding)}.") from None
    for tried in _encodings(data):
        try:
            return _text_of(name, data.decode(tried)), tried
        except UnicodeError:
            continue
    raise UsageError(
        f"{name} is no text in UTF-8, UTF-16, GB 18030 or Windows 1252, or its end is missing; save it as CSV in UTF-8."
    )


def _text_of(name: str, text: str) -> str:
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise UsageError(
            f"{name} holds zero bytes, as no text does; give a CSV, TSV, XLSX or Parquet file."
        )
    if not text.strip():
        raise UsageError(f"{name} is empty.")
    return text


def _encodings(data: bytes) -> list[str]:
    if data.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig"]
    if data[:2] in _UTF16:
        return [_UTF16[data[:2]]]
    start = data[:4096]
    zeros = start[::2].count(0), start[1::2].count(0)
    if max(zeros) > len(start) // 8:
        return ["utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"]
    return ["utf-8", *(["gb18030", "cp1252"] if _is_chinese(data) else ["cp1252", "gb18030"])]


def _is_chinese(data: bytes) -> bool:
    """Whether the letters beyond ASCII stand in pairs, as Chinese does; accented letters mostly stand alone."""
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", data[: 2**20])]
    return sum(size for size in runs if size % 2 == 0) > 0.8 * sum(runs)
