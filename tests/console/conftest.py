"""Console tests run quickly."""

from __future__ import annotations

import tests.quick_screens  # noqa: F401
