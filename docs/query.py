"""Write the reference of the query language. Run: python docs/query.py > docs/query.md"""

from __future__ import annotations

import sys

from waconsole import catalogue
from waconsole.fraud import fields as reviews
from waconsole.fraud import fields_case as cases
from waconsole.groups import fields as groups
from waconsole.operators import fields as operators
from waconsole.query.reference import markdown
from waconsole.sync import fields_inbound as inbound


def page() -> str:
    """The page as it stands in docs/query.md."""
    return markdown(
        catalogue.vocabulary(),
        [operators.vocabulary(), groups.vocabulary(), inbound.vocabulary(), reviews.vocabulary()],
        [cases.vocabulary()],
    )


if __name__ == "__main__":
    sys.stdout.write(page())
