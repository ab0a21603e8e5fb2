from __future__ import annotations

import secrets
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import fraud_proof
from benchmarks.fraud_proof import Judged, interval, judge, lay
from sample_db.fraud_plants import FRAUDS, main, plant, rows
from tests.fraud.graph_ledger import NOW, graph_ledger, sweep
from waconsole.clock import SECOND


def test_planted_fraud_is_found_and_no_innocent_is_frozen_whatever_the_seed() -> None:
    seed = secrets.randbelow(2**31)
    it = plant(seed, people=200, prevalence=0.0, now=NOW // SECOND, whole=True)
    so_far = Judged()
    with graph_ledger() as tx:
        lay(tx, it)
        judge(it, sweep(tx), so_far)
    assert len(so_far.planted) == len(FRAUDS), seed
    assert it.share > 0
    for kind in ("ring", "self_referral", "existing_customer"):  # the others may leave too few traces
        assert so_far.found[kind] == so_far.planted[kind], (seed, kind)
    assert so_far.frozen_innocents == 0, seed
    assert so_far.suspected["late_sync"] == so_far.suspected["number_change"] == 0, seed


def test_a_seed_makes_one_community_and_its_files_hold_what_was_planted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), "--seed", "5", "--people", "50"]) == 0
    assert "seed 5: " in capsys.readouterr().out
    it = plant(5, people=50, prevalence=0.01, now=NOW // SECOND, whole=True)
    for name, (header, lines) in rows(it).items():
        said = (tmp_path / f"{name}.csv").read_text("utf-8").splitlines()
        assert said[0] == ",".join(header)
        assert len(said) == len(lines) + 1
    assert {one.kind for one in it.planted if not one.is_fraud} == {
        "household",
        "office",
        "late_sync",
        "evening",
        "number_change",
    }


def test_an_interval_is_wilsons() -> None:
    low, high = interval(18, 20)
    assert (round(low, 3), round(high, 3)) == (
        0.699,
        0.972,
    )  # Wilson 1927, as R's prop.test without correction
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(20, 20)[1] == pytest.approx(1.0)


def test_an_item_about_innocents_counts_against_precision() -> None:
    it = plant(5, people=20, prevalence=0.0, now=NOW // SECOND)
    so_far = Judged()
    honest = [{"phone": one.phone} for one in it.people[:2]]
    judge(it, [{"kind": "ring", "members": honest, "frozen": honest[:1]}], so_far)
    assert so_far.wrong == Counter(ring=1)
    assert so_far.precisions == [0.0]
    assert so_far.frozen_innocents == 1
    assert fraud_proof.GOAL == 0.9
