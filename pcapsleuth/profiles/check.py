"""A table of a TOML file that is read key by key: wrong types, values and unknown keys are refused by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn, TypeVar

from pcapsleuth.errors import OptionError
from pcapsleuth.profiles.vocabulary import Parameter, Value

T = TypeVar("T")


class Table:
    """Reads a table; `close` refuses what was never asked for."""

    def __init__(self, where: str, values: dict[str, object]) -> None:
        """`where` names the file and the table in messages."""
        self._where = where
        self._values = values
        self._asked: list[str] = []

    def text(self, key: str, *, required: bool = False, allowed: Sequence[str] = ()) -> str:
        """A text, empty where it is missing."""
        found = self._get(key, str, "a text", "")
        if required and not found:
            self._refuse(key, f"is missing; {_list(allowed) or 'it must be given'}")
        if allowed and found and found not in allowed:
            self._refuse(key, f"{found!r} is not known; {_list(allowed)}")
        return found.strip()

    def texts(self, key: str, *, required: bool = False, allowed: Sequence[str] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        found = self._get(key, list, "a list of texts", [])
        if not all(isinstance(one, str) for one in found) or (required and not found):
            self._refuse(key, "must be a list of texts")
        for one in found:
            if allowed is not None and one not in allowed:
                self._refuse(key, f"{one!r} is not known; {_list(allowed)}")
        return tuple(found)

    def number(self, key: str, *, allowed: Sequence[int] = ()) -> int:
        """A number that must be given."""
        found = self._get(key, int, "a number", -1)
        if found < 0 or (allowed and found not in allowed):
            self._refuse(key, _list([str(one) for one in allowed]) or "must be a number")
        return found

    def flag(self, key: str) -> bool:
        """A truth value, false where it is missing."""
        return self._get(key, bool, "true or false", False)

    def value(self, key: str, parameter: Parameter) -> Value:
        """A parameter of a treatment."""
        default = parameter.default
        if default is None or isinstance(default, str):
            given = self._get(key, str, "a text", default)
            if given is None:
                self._refuse(key, f"is missing: {parameter.meaning}")
            if parameter.choices and given not in parameter.choices:
                self._refuse(key, f"{given!r} is not known; {_list(parameter.choices)}")
            return given
        if isinstance(default, tuple):
            return self.texts(key)
        return self._get(key, type(default), "true or false" if isinstance(default, bool) else "a number", default)

    def pattern(self, key: str, text: str) -> None:
        """Refuse a text that is no regular expression."""
        try:
            re.compile(text)
        except re.error as error:
            self._refuse(key, f"is no regular expression ({error})")

    def field_name(self, key: str, text: str) -> None:
        """Refuse a text that is no name of a header field: it is compared as it stands, letter case aside."""
        if not re.fullmatch(r"[A-Za-z0-9-]+", text):
            self._refuse(key, f"{text!r} is no name of a header field")

    def names(self, key: str) -> dict[str, str]:
        """A table of texts."""
        found = self._get(key, dict, "a table of texts", {})
        if not all(isinstance(one, str) for one in found.values()):
            self._refuse(key, "must be a table of texts")
        return dict(found)

    def table(self, key: str) -> Table:
        """A table within this one."""
        return Table(f"{self._where}: {key}", self._get(key, dict, "a table", {}))

    def tables(self, key: str) -> list[Table]:
        """An array of tables."""
        found = self._get(key, list, "an array of tables", [])
        if not all(isinstance(one, dict) for one in found):
            self._refuse(key, "must be an array of tables")
        return [Table(f"{self._where}: {key}[{n}]", one) for n, one in enumerate(found, 1)]

    def close(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                self._refuse(key, f"is not known; {_list(self._asked)}")

    def _get(self, key: str, kind: type[T], words: str, default: object) -> T:
        """Take a value of a type; a truth value is no number."""
        self._asked.append(key)
        if key not in self._values:
            return default  # type: ignore[return-value]  # the caller's default stands for what is missing
        found = self._values[key]
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
            self._refuse(key, f"must be {words}")
        return found

    def _refuse(self, key: str, why: str) -> NoReturn:
        """Raise with the place."""
        raise OptionError(f"{self._where}: {key}: {why}")


def _list(allowed: Sequence[str]) -> str:
    """Name what is allowed."""
    return f"allowed: {', '.join(allowed)}" if allowed else ""
