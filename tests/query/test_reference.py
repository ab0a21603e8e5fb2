"""The reference page says what is declared."""

from __future__ import annotations

from pathlib import Path

from waconsole import catalogue
from waconsole.fraud import fields as reviews
from waconsole.fraud import fields_case as cases
from waconsole.groups import fields as groups
from waconsole.operators import fields as operators
from waconsole.outbox import fields as outbox
from waconsole.outbox import store_rows
from waconsole.query.reference import markdown
from waconsole.sync import fields_inbound as inbound

PAGE = Path(__file__).parents[2] / "docs" / "query.md"


def test_the_page_is_written_from_the_declarations() -> None:
    written = markdown(
        catalogue.vocabulary(),
        [operators.vocabulary(), groups.vocabulary(), inbound.vocabulary(), reviews.vocabulary()],
        [cases.vocabulary()],
    )
    assert PAGE.read_text(encoding="utf-8") == written, "python docs/query.py > docs/query.md"


def test_every_field_is_defined_in_words() -> None:
    for fields in catalogue.vocabulary().fields.values():
        for field in fields.values():
            assert field.says and field.example.startswith(field.name)
            assert all(state.says for state in field.states.values())


def test_the_states_of_an_outgoing_are_those_it_can_have() -> None:
    assert set(outbox.STATES) == set(store_rows.STATES)
