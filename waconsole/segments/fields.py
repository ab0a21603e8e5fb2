"""What may be asked of members across rooms: how they stand, their scores and layers, reviews, saved segments.

Each field is SQL over `p`, a visible member, from the views of the rooms below. A saved segment is resolved by
whoever asks (`Scope.known`): only a transaction knows what was saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from waconsole.clock import DAY
from waconsole.errors import Refused
from waconsole.query.fields import SQL, Asked, Field, Parameter, Relation, Scope, Source, State, Subject
from waconsole.query.values import Amount
from waconsole.segments import rfm
from waconsole.shop.fields import currency_of_asked, net_orders

NEW_DAYS: Final = 30
DORMANT_DAYS: Final = (60, 90)
SILENT_DAYS: Final = 7
SEGMENT: Final = "segment"
"""In `Scope.known`: what makes the condition of a saved segment, by name."""
RFM: Final = "rfm"
"""In `Scope.known`: how scores and layers are cut, by the policy in force."""
SEGMENTS: Final = Source(
    "SELECT name, '' FROM segment WHERE folded >= :begun AND folded < :beyond ORDER BY folded LIMIT :limit"
)
SegmentSql = Callable[[str, Scope], str]


def _ordered(having: str) -> str:
    return (
        "p.id IN (SELECT o.member_id FROM visible_order AS o WHERE o.ordered_at <= {now}"
        f" GROUP BY o.member_id HAVING {having})"
    )


def _new(scope: Scope) -> str:
    since = scope.bind(scope.now - NEW_DAYS * DAY)
    return _ordered(f"min(o.ordered_at) >= {since}").format(now=scope.bind(scope.now))


def _dormant(scope: Scope) -> str:
    youngest, oldest = (scope.bind(scope.now - days * DAY) for days in DORMANT_DAYS)
    return _ordered(f"max(o.ordered_at) BETWEEN {oldest} AND {youngest}").format(now=scope.bind(scope.now))


def _silent(scope: Scope) -> str:
    within = f"BETWEEN {scope.bind(scope.now - SILENT_DAYS * DAY)} AND {scope.bind(scope.now)}"
    acted = " UNION ALL ".join(
        f"SELECT member_id FROM {view} WHERE {at} {within} AND member_id IS NOT NULL"
        for view, at in (
            ("visible_click", "clicked_at"),
            ("visible_cart", "changed_at"),
            ("visible_order", "ordered_at"),
            ("heard_message", "said_at"),
        )
    )
    return f"p.id NOT IN ({acted})"


def _reviewed(scope: Scope) -> str:
    return f"p.id IN (SELECT member_id FROM open_review_member WHERE found_at <= {scope.bind(scope.now)})"


def _borne(scope: Scope) -> str:
    """(member_id, device): of a contacts file at any time, of an invite from when it was made. It is the invitee's."""
    return f"""SELECT r.root_id AS member_id, m.device FROM member AS m JOIN member_root AS r ON r.id = m.id
                WHERE m.device <> '' AND m.import_run_id NOT IN (SELECT id FROM open_run)
                UNION
               SELECT e.invitee_id, e.device FROM invite_edge AS e
                WHERE e.device <> '' AND e.invited_at <= {scope.bind(scope.now)}"""


def _same_device(scope: Scope) -> str:
    return f"""p.id IN (
        WITH borne (member_id, device) AS ({_borne(scope)})
        SELECT member_id FROM borne
         WHERE device IN (SELECT device FROM borne GROUP BY device HAVING count(*) > 1))"""


def _devices_shown(_: Asked, scope: Scope) -> str:
    return f"(SELECT group_concat(b.device, ', ') FROM ({_borne(scope)}) AS b WHERE b.member_id = p.id)"


def _cutting(scope: Scope) -> rfm.Cutting:
    found: rfm.Cutting = scope.known.get(RFM, rfm.PLAIN)
    return found


def _by(measure: str, points: Sequence[int], scope: Scope) -> str:
    """The score of a measure of `s`: a fifth of all who have one, or 1 and one more for each point that is reached."""
    if points:
        return " + ".join(("1", *(f"(s.{measure} >= {scope.bind(point)})" for point in points)))
    return f"1 + {rfm.SCORE_MAX} * (rank() OVER (ORDER BY s.{measure}) - 1) / count(*) OVER ()"


def _points(measure: str, scope: Scope) -> Sequence[int]:
    """The fixed points of recency (as instants) or of frequency."""
    cutting = _cutting(scope)
    return cutting.frequency if measure == "f" else [scope.now - span for span in cutting.recency]


def _bought(asked: Asked, scope: Scope) -> str:
    return (
        "SELECT o.member_id, max(o.ordered_at) AS r, count(*) AS f FROM visible_order AS o"
        f" WHERE {scope.within('o.ordered_at', asked.window)} GROUP BY o.member_id"
    )


def _score(measure: str) -> SQL:
    def scored(asked: Asked, scope: Scope) -> str:
        value = _by(measure, _points(measure, scope), scope)
        return f"SELECT s.member_id AS id, {value} AS value FROM ({_bought(asked, scope)}) AS s"

    return scored


def _money(asked: Asked, scope: Scope) -> str:
    rows = f"SELECT n.id AS member_id, n.net AS m FROM ({net_orders(asked, scope)}) AS n WHERE n.orders > 0"
    return f"SELECT s.member_id AS id, {_by('m', _amounts(asked, scope), scope)} AS value FROM ({rows}) AS s"


def _amounts(asked: Asked, scope: Scope) -> Sequence[int]:
    """The fixed points of money in the currency that is asked for."""
    cutting = _cutting(scope)
    if not cutting.money:
        return ()
    currency = currency_of_asked(asked, scope).removeprefix(":")
    return cutting.money_in(scope.parameters.get(currency, ""))


def _layer(asked: Asked, scope: Scope) -> str:
    r, f = (_by(measure, _points(measure, scope), scope) for measure in ("r", "f"))
    cases = " ".join(
        f"WHEN r BETWEEN {one.r_min} AND {one.r_max} AND f BETWEEN {one.f_min} AND {one.f_max} THEN '{one.name}'"
        for one in _cutting(scope).layers
    )
    scores = f"SELECT s.member_id AS id, {r} AS r, {f} AS f FROM ({_bought(asked, scope)}) AS s"
    return f"SELECT id, CASE {cases} ELSE '{rfm.REST}' END AS value FROM ({scores}) AS scores"


def _cashback(asked: Asked, scope: Scope) -> str:
    assert isinstance(asked.operand, Amount)
    within, now = scope.within("e.ordered_at", asked.window), scope.bind(scope.now)
    return (
        "SELECT e.member_id AS id, sum(e.minor) AS value FROM earned_cashback AS e"
        f" WHERE e.currency = {scope.bind(asked.operand.currency)} AND {within} AND e.happened_at <= {now}"
        " GROUP BY e.member_id"
    )


def _segment(asked: Asked, scope: Scope) -> str:
    made: SegmentSql | None = scope.known.get(SEGMENT)
    if made is None and scope.is_check:
        return "1 = 0"
    if made is None:
        raise Refused("A saved segment is asked for by `waconsole segments` and `waconsole find`.")
    return made(asked.value, scope)


_STATES: Final = {rfm_name: State(rfm.SAYS[rfm_name], lambda _: "1") for rfm_name in rfm.LAYERS}
_CURRENCY: Final = Parameter("currency", "the currency that is counted")
SUBJECTS: Final[tuple[Subject, ...]] = ()
FIELDS: Final = (
    Field("member", "is", "a state", "state", "is:silent", states={
        "new": State(f"their first order was within the last {NEW_DAYS} days", _new),
        "dormant": State(f"their latest order was {DORMANT_DAYS[0]} to {DORMANT_DAYS[1]} days ago", _dormant),
        "silent": State(f"no click, cart, order or message came from them in the last {SILENT_DAYS} days", _silent),
    }),
    Field("member", "review", "how they stand at the review desk", "state", "review:open", states={
        "open": State("an item of the review desk that is not decided names them", _reviewed),
    }),
    Field("member", "shared", "another member carries the same", "state", "shared:device", shows=_devices_shown, states={
        "device": State("another member carries the same device", _same_device),
    }),
    Field("member", "cashback", "what orders earned them in one currency, less refunds; rejected lines left out",
          "amount", "cashback(30d)>=50 HKD", relation=Relation(_cashback), has_window=True),
    Field("member", "segment", "a saved segment holds them, by the version in force", "name", "segment:hesitant",
          condition=_segment, source=SEGMENTS),
    Field("member", "rfm_r", "how lately they ordered, from 1 to 5, among all who did; without an order no value",
          "number", "rfm_r(365d)>=4", relation=Relation(_score("r"), None), has_window=True, most=rfm.SCORE_MAX),
    Field("member", "rfm_f", "how often they ordered, from 1 to 5, among all who did; without an order no value",
          "number", "rfm_f(365d)>=4", relation=Relation(_score("f"), None), has_window=True, most=rfm.SCORE_MAX),
    Field("member", "rfm_m", "what they spent in one currency, from 1 to 5, among all who did; without no value",
          "number", "rfm_m(365d, currency=HKD)>=4", relation=Relation(_money, None), has_window=True,
          most=rfm.SCORE_MAX, parameters=(_CURRENCY,)),
    Field("member", "rfm_layer", "the layer of their scores", "layer", "rfm_layer(365d) = champions",
          relation=Relation(_layer, rfm.NEVER), has_window=True, states=_STATES),
)  # fmt: skip
