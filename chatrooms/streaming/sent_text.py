"""The text that a client has been sent, where it cannot be taken back.

A new attempt writes the whole reply again, while a client of another API goes on from what it has. So nothing of the
new attempt is sent until it is longer than what was sent, and only if it begins with that.
"""

from chatrooms.stream_entries import Entry, Event


class SentText:
    """What was sent, and how far the present attempt agrees with it."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._before = ""
        """What was sent when the present attempt began."""
        self._agreed: int | None = None
        """The characters in which the attempt agrees with `_before`; None once it has all of them."""
        self._differs = False

    @property
    def text(self) -> str:
        """All that was sent."""
        return "".join(self._pieces)

    def add(self, entry: Entry) -> str:
        """Return what an entry adds to what was sent."""
        if entry.event is Event.START:
            self._before, self._differs = self.text, False
            self._agreed = 0 if self._before else None
        if entry.event is not Event.DELTA or self._differs:
            return ""
        new = entry.text
        if self._agreed is not None:
            known = self._before[self._agreed : self._agreed + len(new)]
            self._differs = not new.startswith(known)
            if self._differs:
                return ""
            self._agreed += len(known)
            if self._agreed < len(self._before):
                return ""
            self._agreed = None
            new = new.removeprefix(known)
        if new:
            self._pieces.append(new)
        return new

    def rest(self, text: str) -> str | None:
        """Return what is left to send of the stored text; None if it does not begin with what was sent."""
        sent = self.text
        return text.removeprefix(sent) if text.startswith(sent) else None
