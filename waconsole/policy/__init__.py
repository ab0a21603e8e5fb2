"""Policy: every number and rule an operator can change, versioned, dated and attributed.

`presets/` holds bundled rows to copy: `presets/triage/*.toml` are the rules that draw work items.
"""
