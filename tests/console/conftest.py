"""Console tests run quickly: Pilot waits in 2 ms steps."""

from __future__ import annotations

import textual._wait

# Pilot polls in 20 ms steps, 63 ms a key press; 2 ms steps end in the same state (measured).
if hasattr(textual._wait, "SLEEP_GRANULARITY"):
    textual._wait.SLEEP_GRANULARITY = 0.002
