"""Reading a whole list to its end, and no further."""

import pytest

from tng.clouds.interface import RefusedError
from tng.clouds.listing import all_pages


def reading(tokens):
    """A list of numbered pages with these tokens; gives the reader and what it was asked for."""
    asked = []

    def read(token):
        asked.append(token)
        return len(asked), tokens[len(asked) - 1]

    return read, asked


def test_every_page_is_asked_for_with_the_token_of_the_one_before():
    read, asked = reading(["a", "b", None])
    assert list(all_pages(read)) == [1, 2, 3]
    assert asked == [None, "a", "b"]


def test_nothing_is_read_before_it_is_wanted():
    read, asked = reading(["a", "b", None])
    pages = all_pages(read)
    assert asked == []
    assert (next(pages), asked) == (1, [None])


@pytest.mark.parametrize("tokens", [["a", "a"], ["a", "b", "a"], ["\ud800", "\ud800"]])
def test_a_list_that_comes_back_is_left(tokens):
    read, asked = reading(tokens)
    with pytest.raises(RefusedError, match="comes back"):
        list(all_pages(read))
    assert len(asked) == len(tokens)


def test_a_list_that_never_ends_is_left():
    read, asked = reading([str(number) for number in range(20)])
    with pytest.raises(RefusedError, match="more than 7 pages"):
        list(all_pages(read, limit=7))
    assert len(asked) == 7
