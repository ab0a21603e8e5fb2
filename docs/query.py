"""Write the reference of the query language. Run: python docs/query.py > docs/query.md"""

from __future__ import annotations

import sys

from waconsole import catalogue
from waconsole.query.reference import markdown

if __name__ == "__main__":
    sys.stdout.write(markdown(catalogue.vocabulary()))
