"""Reads a page as a browser's parser would, and complains about what a report must not have."""

from __future__ import annotations

import unicodedata
from collections import Counter
from html.parser import HTMLParser

VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})
FORBIDDEN = frozenset({"script", "iframe", "img", "link", "object", "embed", "form", "base"})
LOADING = frozenset({"src", "srcset", "data", "poster", "action", "background", "xlink:href"})


class Page(HTMLParser):
    """What a page is made of.

    Attributes:
        tags: How often each tag occurs with which attributes.
        faults: Tags that are not closed, or close something else; things that load or run.
        links: Targets of all links.
        ids: All ids.
    """

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.faults: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag in self._open]
        self.faults += [f"id {i} occurs twice" for i, n in Counter(self.ids).items() if n > 1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._seen(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._seen(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()} closes nothing of its kind")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def _seen(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag, tuple(sorted(name for name, _ in attrs))] += 1
        if tag in FORBIDDEN:
            self.faults.append(f"<{tag}> at {self.getpos()}")
        for name, value in attrs:
            if name in LOADING or name.startswith("on"):
                self.faults.append(f"{name}={value!r} at {self.getpos()}")
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif name == "href" and not (value or "").startswith("#"):
                self.faults.append(f"<{tag} href={value!r}> loads something")
            if name == "id":
                self.ids.append(value or "")

    @property
    def text(self) -> str:
        """The words of the page, its style sheet too."""
        return "".join(self.words)


def unseen(text: str) -> list[str]:
    """Return characters that a reader cannot see, line ends and blanks apart."""
    wrong = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return [repr(char) for char in text if char not in "\n" and unicodedata.category(char) in wrong]
