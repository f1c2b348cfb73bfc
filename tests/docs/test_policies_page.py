"""docs/policies.md: its commands are run, and its table names every example."""

import re

from tests.docs.console import ROOT, assert_ends_as_shown, shown_commands, stocked_folder
from tng.policies.examples import EXAMPLES

PAGE = (ROOT / "docs" / "policies.md").read_text("utf-8")


def test_commands_of_the_page_end_as_it_says(tmp_path):
    with stocked_folder(tmp_path) as folder:
        assert_ends_as_shown(shown_commands(PAGE), folder)
        assert len(list((folder / "policies").iterdir())) == len(EXAMPLES)


def test_every_example_is_in_the_table():
    linked = re.findall(r"\(\.\./examples/policies/([\w-]+)\.json\)", PAGE)
    assert linked == [item.name for item in EXAMPLES]
