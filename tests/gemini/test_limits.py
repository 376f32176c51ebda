"""The limits of one response."""

import math
import time

import pytest

from gemini.exceptions import ProviderTimeout, ReplyTooLong
from gemini.limits import MAX_RESPONSE_SIZE, bounded


def test_a_response_may_have_the_maximum_size_and_no_more() -> None:
    whole = [b"x" * (MAX_RESPONSE_SIZE // 2)] * 2
    assert list(bounded(whole, deadline=math.inf)) == whole
    passing = bounded([*whole, b"x"], deadline=math.inf)
    assert [next(passing), next(passing)] == whole
    with pytest.raises(ReplyTooLong):
        next(passing)


def test_a_response_ends_at_the_deadline() -> None:
    with pytest.raises(ProviderTimeout):
        next(bounded([b"x"], deadline=time.monotonic() - 1))
