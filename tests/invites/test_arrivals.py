"""A friend's own first message is the proof: what it makes of who sent them, in any order, and what earns nothing."""

from __future__ import annotations

import random

import pytest

from tests.conftest import NOW
from tests.invites.friends import (
    FRIEND,
    OTHER,
    arrive,
    ask_who,
    code,
    invites,
    outcomes,
    programme,
    sent,
    writes,
)
from tests.invites.programmes import AMARA, BETO, LIN, invite_ledger, order, person, who
from waconsole.clock import DAY, HOUR, MINUTE, SECOND
from waconsole.database.connection import Transaction
from waconsole.database.traces import Erased, Phone, Traces
from waconsole.errors import Refused
from waconsole.invites import (
    service_activating,
    service_arrivals,
    service_codes,
    service_words,
    store_arrivals,
    store_invites,
)
from waconsole.members import store as members
from waconsole.members import store_merge


def test_the_first_message_makes_an_invite_with_its_proof_once() -> None:
    with invite_ledger() as tx:
        programme(tx)
        one = code(tx)
        writes(tx, f"Hi! My friend's code is {one.code.lower()} 🎉", wamid="wamid.A")

        assert (arrive(tx).invites, arrive(tx).read) == (1, 0)
        tx.execute("DELETE FROM arrival_mark")
        assert (arrive(tx).read, arrive(tx).invites) == (1, 0)

        assert invites(tx) == [(LIN, FRIEND, "", "exact", "")]
        row = tx.one("SELECT proof, origin, invited_at, arrived_at, code_id FROM invite")
        assert row is not None
        assert tuple(row) == ("wamid.A", "live", NOW + HOUR, NOW + HOUR, one.id)


def test_a_slip_is_repaired_and_a_code_after_hello_counts() -> None:
    with invite_ledger() as tx:
        programme(tx)
        signs = code(tx).code
        writes(tx, "hello", wamid="a")
        writes(tx, f"{signs[:2]}o{signs[3:]}", at=NOW + HOUR + MINUTE, wamid="b")
        assert (arrive(tx).invites, invites(tx)) == (1, [(LIN, FRIEND, "", "repaired", "")])


def test_places_and_ads_are_told_apart() -> None:
    with invite_ledger() as tx:
        programme(tx)
        one, card = code(tx), code(tx, channel="parcel_card")
        assert card.code == f"{one.code}-C"
        writes(tx, f"hi {card.code}", wamid="a")
        writes(tx, f"hi {one.code}", OTHER, wamid="b", ad=True)
        writes(tx, "more info?", "+85260000003", wamid="c", ad=True)
        writes(tx, f"{one.code}-7", "+85260000004", wamid="d")
        arrive(tx)
        assert [row[2] for row in invites(tx)] == ["parcel_card", "ad", ""]
        assert outcomes(tx) == ["exact", "exact", "ad", "exact"]


@pytest.mark.parametrize(
    ("text", "outcome"), [("{a} {b}", "several"), ("my code is 2C2C2C2", ""), ("hello", "")]
)
def test_what_is_not_sure_makes_no_invite_and_is_kept(text: str, outcome: str) -> None:
    with invite_ledger() as tx:
        programme(tx)
        writes(tx, text.format(a=code(tx).code, b=code(tx, AMARA).code))
        assert arrive(tx).invites == 0
        assert [one for one in outcomes(tx) if one == outcome] == ([outcome] if outcome else [])


def _refused(tx: Transaction, text: str, phone: str = FRIEND, *, at: int = NOW + HOUR) -> str:
    writes(tx, text, phone, at=at)
    assert arrive(tx, now=at + HOUR).refused == 1
    return invites(tx)[-1][4]


def test_each_bad_code_is_a_row_with_its_sentence() -> None:
    with invite_ledger() as tx:
        programme(tx)
        one = code(tx)
        assert _refused(tx, one.code, LIN) == f"{one.code} is their own code: nobody brings themselves."
        writes(tx, "hi", FRIEND, at=NOW - DAY)
        assert "before spring began" in _refused(tx, one.code)
        late = code(tx, AMARA, now=NOW + 3 * HOUR)
        assert "was made on" in _refused(tx, late.code, OTHER, at=NOW + 2 * HOUR)
        service_codes.revoke(tx, who(tx), one.code, reason="it was posted", now=NOW + 4 * HOUR)
        said = _refused(tx, one.code, "+85260000005", at=NOW + 5 * HOUR)
        assert said == f"{one.code} was revoked on 2026-11-26T16:00:00Z: it was posted."
        assert len(invites(tx)) == 4


def test_a_code_that_expired_or_whose_programme_ended_or_is_yet_to_begin_earns_nothing() -> None:
    with invite_ledger() as tx:
        programme(tx)
        programme(tx, "later", starts_at="2026-12-24T00:00:00Z")
        person(tx, LIN)
        short = service_codes.give(tx, LIN, "spring", expires_at=NOW + HOUR, now=NOW)[0]
        assert "expired on" in _refused(tx, short.code, at=NOW + 2 * HOUR)
        early = code(tx, AMARA, "later")
        assert "begins on 2026-12-24" in _refused(tx, early.code, OTHER)
        again = code(tx, now=NOW + 3 * HOUR)
        assert again.code != short.code
        service_activating.end(tx, who(tx), "spring", reason="over", now=NOW + 4 * HOUR)
        assert "ended on" in _refused(tx, again.code, "+85260000005", at=NOW + 5 * HOUR)


def test_two_referrers_of_one_friend_both_stand_and_another_programme_comes_too_late() -> None:
    with invite_ledger() as tx:
        programme(tx)
        programme(tx, "autumn")
        texts = [code(tx).code, code(tx, AMARA).code, code(tx, BETO, "autumn").code]
        for place, text in enumerate(texts):
            writes(tx, text, at=NOW + HOUR + place * MINUTE, wamid=f"w{place}")
        arrive(tx)
        assert [(row[0], bool(row[4])) for row in invites(tx)] == [(LIN, False), (AMARA, False), (BETO, True)]
        assert invites(tx)[2][4] == "They came by spring before: one friend is brought once."


def test_a_code_long_after_the_first_words_is_refused_and_talk_is_not_searched_for_slips() -> None:
    with invite_ledger() as tx:
        programme(tx)
        signs = code(tx).code
        writes(tx, "hello", wamid="a")
        writes(tx, signs[:6], at=NOW + 3 * DAY, wamid="b")
        writes(tx, signs, at=NOW + 4 * DAY, wamid="c")
        arrive(tx, now=NOW + 5 * DAY)
        assert [row[4] for row in invites(tx)] == [
            "They have written to us since 2026-11-26T13:00:00Z: a code counts in the first 1 days (referral.code_days)."
        ]


def test_history_files_and_groups_are_never_read() -> None:
    with invite_ledger() as tx:
        programme(tx)
        signs = code(tx).code
        writes(tx, signs, group="R1JPVVAtRkFLRS0wMDE", wamid="a")
        writes(tx, signs, OTHER, wamid="b")
        tx.execute("UPDATE message SET origin = 'history' WHERE wamid = 'b'")
        writes(tx, signs, "+85260000003", wamid="c")
        tx.execute("UPDATE message SET origin = 'import' WHERE wamid = 'c'")
        assert (arrive(tx).read, invites(tx)) == (0, [])


def test_any_order_of_coming_in_ends_in_the_same_invites_that_count() -> None:
    counting = set()
    for seed in range(6):
        with invite_ledger() as tx:
            programme(tx)
            programme(tx, "autumn")
            signs = {
                "L": code(tx).code, "A": code(tx, AMARA).code, "B": code(tx, BETO, "autumn").code,
            }  # fmt: skip
            said = [
                ("hello", 0),
                (signs["L"], 1),
                (signs["L"], 2),
                (signs["A"], 3),
                (signs["B"], 4),
                ("bye", 5),
            ]
            random.Random(seed).shuffle(said)
            for text, minute in said:
                writes(tx, text, at=NOW + HOUR + minute * MINUTE, wamid=f"w{minute}")
                if seed % 2:
                    arrive(tx)
            arrive(tx)
            rows = tx.rows(
                "SELECT programme_id, referrer_id, min(arrived_at) FROM invite WHERE refusal = '' GROUP BY 1, 2"
            )
            counting.add(tuple(tuple(row) for row in rows))
    assert len(counting) == 1


def test_nobody_is_asked_unless_the_shop_wants_it_and_then_once() -> None:
    with invite_ledger() as tx:
        programme(tx)
        writes(tx, "hello", wamid="a")
        assert (arrive(tx).asked, sent(tx)) == (0, [])
        ask_who(tx)
        order(tx, "A1", BETO, "2026-11-01", "100.00 HKD")
        writes(tx, "hi there", OTHER, wamid="b")
        writes(tx, "I am no stranger", BETO, wamid="c")
        writes(tx, "nor am I", FRIEND, at=NOW + 90 * MINUTE, wamid="d")
        assert (arrive(tx).asked, arrive(tx).asked) == (1, 0)
        writes(tx, "anybody?", OTHER, at=NOW + 2 * HOUR, wamid="e")
        assert arrive(tx, now=NOW + 3 * HOUR).asked == 0
        assert sent(tx) == ["欢迎！是朋友推荐您来的吗？请告诉我们推荐码或姓名。"]
        row = tx.one("SELECT purpose, rule, driver FROM outgoing")
        assert row is not None
        assert tuple(row) == ("service", "referral.ask_who", "cloud")


def test_the_question_is_in_the_language_of_the_number_and_not_late() -> None:
    with invite_ledger() as tx:
        programme(tx)
        ask_who(tx)
        writes(tx, "hallo", "+4915123456789", wamid="a")
        arrive(tx)
        assert sent(tx)[0].startswith("Willkommen!")
        writes(tx, "hola", "+34612345678", wamid="b")
        assert arrive(tx, now=NOW + 3 * DAY).asked == 0


@pytest.mark.parametrize(
    ("answer", "who_sent"),
    [
        ("{code}", LIN), ("Lin Wong", LIN), ("It was lin wong!", LIN), ("+852 9123 4567", LIN), ("her number is 0085291234567", LIN),
        ("nobody", None), ("Wong", None), ("Lin Wong or Amara", None), (FRIEND, None),
    ],
)  # fmt: skip
def test_an_answer_is_read_as_code_name_or_number_and_never_guessed(
    answer: str, who_sent: str | None
) -> None:
    with invite_ledger() as tx:
        programme(tx)
        ask_who(tx)
        signs = code(tx).code
        code(tx, AMARA)
        for phone, name in ((LIN, "Lin Wong"), (AMARA, "Amara")):
            members.update_member(tx, person(tx, phone), {"name": name})
        writes(tx, "hello", wamid="a")
        arrive(tx)
        writes(tx, answer.format(code=signs), at=NOW + 2 * HOUR, wamid="b")
        arrive(tx, now=NOW + 3 * HOUR)
        assert invites(tx) == ([] if who_sent is None else [(who_sent, FRIEND, "", "asked", "")])


def _one_invite(tx: Transaction) -> str:
    programme(tx)
    for phone in (AMARA, BETO):
        person(tx, phone)
    writes(tx, code(tx).code)
    arrive(tx)
    return str(tx.value("SELECT ref FROM invite"))


def test_a_correction_leaves_both_rows_and_undo_puts_them_back() -> None:
    with invite_ledger() as tx:
        ref = _one_invite(tx)
        said = service_words.correct(tx, who(tx), ref, AMARA, reason="they told us", now=NOW + DAY)
        assert said.instead_of is not None
        assert [row[0::3] for row in invites(tx)] == [(LIN, "exact"), (AMARA, "manual")]
        assert [row[4] for row in invites(tx)] == ["Corrected, another brought them: they told us", ""]

        before: dict[str, object] = {"confidence": "exact", "refusal": ""}
        after: dict[str, object] = {"confidence": "exact", "refusal": invites(tx)[0][4]}
        assert not service_words.restore(tx, said.instead_of.id, before, before)
        assert service_words.restore(tx, said.instead_of.id, before, after)
        withdrawn: dict[str, object] = {"confidence": "manual", "refusal": service_words.TAKEN_BACK}
        assert service_words.restore(tx, said.invite.id, withdrawn, {"confidence": "manual", "refusal": ""})
        assert [row[4] for row in invites(tx)] == ["", "It was taken back."]

        again = service_words.correct(tx, who(tx), ref, AMARA, reason="really", now=NOW + DAY)
        assert (again.invite.id, len(invites(tx))) == (said.invite.id, 2)
        with pytest.raises(Refused, match="Nobody brings themselves"):
            service_words.correct(tx, who(tx), ref, FRIEND, reason="x", now=NOW)


def test_a_dispute_holds_an_invite_until_it_is_corrected() -> None:
    with invite_ledger() as tx:
        ref = _one_invite(tx)
        service_words.dispute(tx, who(tx), ref, reason="two say so", now=NOW + DAY)
        assert invites(tx) == [(LIN, FRIEND, "", "disputed", "")]
        with pytest.raises(Refused, match="already"):
            service_words.dispute(tx, who(tx), ref, reason="again", now=NOW + DAY)
        service_words.correct(tx, who(tx), ref, LIN, reason="settled", now=NOW + DAY)
        assert invites(tx) == [(LIN, FRIEND, "", "manual", "")]
        with pytest.raises(Refused, match="nothing was changed"):
            service_words.correct(tx, who(tx), ref, LIN, reason="settled", now=NOW + DAY)


def test_an_invite_is_written_by_hand_and_what_speaks_against_it_stands_there() -> None:
    with invite_ledger() as tx:
        programme(tx)
        programme(tx, "autumn")
        signs = code(tx, name="autumn").code

        def add(referrer: str, invitee: str, at: int | None = None) -> service_words.Said:
            return service_words.add(
                tx, who(tx), referrer, invitee, "spring", at=at, reason="", now=NOW + DAY
            )

        assert (add(LIN, FRIEND).changed, add(LIN, FRIEND).changed) == (True, False)
        assert add(LIN, OTHER, NOW - 30 * DAY).invite.refusal == ""
        assert add(LIN, LIN).invite.refusal == "Referrer and friend are one person: nobody brings themselves."
        assert add(signs, "+85260000003").invite.refusal == f"{signs} is a code of autumn, not of spring."
        with pytest.raises(Refused, match="yet to come"):
            add(LIN, FRIEND, NOW + 2 * DAY)
        assert store_invites.invites_to(tx, person(tx, FRIEND))[0].confidence == "manual"
        assert [row["word"] for row in tx.rows("SELECT word FROM invite_word")] == ["added"] * 4


def test_what_a_merge_makes_one_person_is_still_read_as_one() -> None:
    with invite_ledger() as tx:
        programme(tx)
        signs = code(tx).code
        store_merge.merge(tx, person(tx, OTHER), person(tx, LIN), operator_id=None, now=NOW)
        writes(tx, signs, OTHER, at=NOW + HOUR)
        arrive(tx)
        assert "their own code" in invites(tx)[0][4]
        assert store_arrivals.asked(tx, person(tx, LIN)) is None
        assert NOW % SECOND == 0


def test_an_erased_friend_leaves_no_word_and_no_id_of_a_message() -> None:
    with invite_ledger() as tx:
        programme(tx)
        writes(tx, code(tx).code, wamid="wamid.OF.FRIEND", ad=True)
        arrive(tx)
        ref = str(tx.value("SELECT ref FROM invite"))
        person(tx, AMARA)
        service_words.correct(tx, who(tx), ref, AMARA, reason=f"{FRIEND} told us", now=NOW + DAY)
        erased = Erased()
        traces = Traces(
            person(tx, FRIEND), "m-gone", (person(tx, FRIEND),), (), phones=(Phone(FRIEND, FRIEND[4:]),)
        )
        store_arrivals.erase(tx, traces, erased)
        left = [
            str(tuple(row))
            for table in ("invite", "arrival", "ad_referral", "invite_word")
            for row in tx.rows(f"SELECT * FROM {table}")
        ]
        assert not [row for row in left if FRIEND[1:] in row or "OF.FRIEND" in row]
        assert erased.rows == {"ad_referral": 1, "arrival": 1, "invite_word": 1, "invite": 2}


def test_one_that_cannot_be_read_holds_up_no_other_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise Refused("These terms say nothing.")

    with invite_ledger() as tx:
        programme(tx)
        signs = code(tx).code
        writes(tx, signs, wamid="a")
        with monkeypatch.context() as broken:
            broken.setattr(service_arrivals, "objection_to", refuse)
            arrive(tx)
        writes(tx, signs, OTHER, wamid="b")
        arrive(tx)
        assert [row[1] for row in invites(tx)] == [OTHER]
        assert tx.value("SELECT detail FROM notice WHERE key LIKE 'arrival|%'") == "These terms say nothing."
