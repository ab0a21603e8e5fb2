"""Who referred a buyer is the invite that counts: a word for cashback, written once and taken back when it no longer does."""

from __future__ import annotations

from fractions import Fraction

from tests.conftest import NOW
from tests.invites.friends import FRIEND, arrive, code, invites, programme, writes
from tests.invites.programmes import AMARA, LIN, invite_ledger, order, person, who
from waconsole.cashback import service_earning, service_schemes, store_lines, store_marks, store_schemes
from waconsole.cashback.earning import Terms
from waconsole.clock import DAY, HOUR, MINUTE
from waconsole.database.connection import Transaction
from waconsole.invites import service_words
from waconsole.sync import referring


def _scheme(tx: Transaction, *phones: str) -> None:
    since = NOW - 30 * DAY
    terms = Terms(basis="referred", rate=Fraction(3, 100), return_days=14, starts_at=since)
    service_schemes.add_scheme(tx, who(tx), "friends", terms, now=NOW)
    for phone in phones:
        person(tx, phone)
        service_schemes.add_ambassador(tx, who(tx), phone, "friends", None, valid_from=since, now=NOW)


def _catch_up(tx: Transaction) -> int:
    facts, buyers = referring.look(tx)
    if not facts:
        return 0
    count = referring.write(tx, buyers, now=NOW + DAY)
    store_marks.keep_marks(tx, {referring.MARK: facts})
    return count


def _words(tx: Transaction) -> list[tuple[str, str]]:
    rows = store_schemes.attributions(tx, [person(tx, FRIEND)])
    names = {person(tx, LIN): "lin", person(tx, AMARA): "amara", None: "nobody"}
    return [(names[row["referrer_root_id"]], row["origin"]) for row in rows]


def test_the_friends_order_earns_the_ambassador_who_brought_them() -> None:
    with invite_ledger() as tx:
        programme(tx)
        writes(tx, code(tx).code)
        arrive(tx)
        assert _catch_up(tx) == 0  # nobody is paid for it
        _scheme(tx, LIN)
        assert (_catch_up(tx), _catch_up(tx)) == (1, 0)
        assert _words(tx) == [("lin", "invites")]

        order(tx, "B1", FRIEND, "2026-11-25", "100.00 HKD")
        order(tx, "B2", FRIEND, "2026-11-27", "100.00 HKD")
        found = service_earning.look(tx, now=NOW + 2 * DAY)
        service_earning.accrue(tx, found.orders, service_earning.Accrued(), now=NOW + 2 * DAY)
        _, lines = store_lines.lines(tx, state=None, payee_root_id=None, scheme_id=None, limit=None)
        assert [(row["order_reference"], row["amount_minor"], row["phone"]) for row in lines] == [
            ("B2", 300, LIN)
        ]


def test_a_correction_moves_the_word_and_a_dispute_takes_it_back() -> None:
    with invite_ledger() as tx:
        programme(tx)
        _scheme(tx, LIN, AMARA)
        writes(tx, code(tx).code)
        arrive(tx)
        _catch_up(tx)
        ref = str(tx.value("SELECT ref FROM invite"))
        other = service_words.correct(tx, who(tx), ref, AMARA, reason="they said so", now=NOW + DAY).invite
        assert _catch_up(tx) == 1
        service_words.dispute(tx, who(tx), other.ref, reason="not so", now=NOW + DAY)
        assert (_catch_up(tx), _catch_up(tx)) == (1, 0)
        assert _words(tx) == [("lin", "invites"), ("amara", "invites"), ("nobody", "invites")]


def test_under_last_touch_a_later_friend_takes_over_and_under_first_touch_nobody_does() -> None:
    for touch, wanted in (("first", ["lin"]), ("last", ["lin", "amara"])):
        with invite_ledger() as tx:
            programme(tx, attribution=touch)
            _scheme(tx, LIN, AMARA)
            writes(tx, code(tx).code, wamid="a")
            writes(tx, code(tx, AMARA).code, at=NOW + HOUR + MINUTE, wamid="b")
            arrive(tx)
            _catch_up(tx)
            assert [name for name, _ in _words(tx)] == wanted
            assert len(invites(tx)) == 2


def test_what_a_person_said_of_a_buyer_stands_above_any_invite() -> None:
    with invite_ledger() as tx:
        programme(tx)
        _scheme(tx, LIN, AMARA)
        writes(tx, code(tx).code)
        arrive(tx)
        service_schemes.attribute(tx, who(tx), FRIEND, AMARA, reason="by hand", valid_from=0, now=NOW)
        assert (_catch_up(tx), _words(tx)) == (0, [("amara", "operator")])
