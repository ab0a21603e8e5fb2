"""Quoted figures: what the articles claim, with its source. Shown grey beside one's own figures; no decision reads them.

The room has no table and no reader but `commands` and, on a screen, a pane: `tests/quoted` goes along every import and
holds that nothing that decides leads here.
"""
