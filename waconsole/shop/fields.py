"""What may be asked of members about what they bought, clicked and left in a cart.

Each field is SQL over `p`, a visible member, read as one relation. Only what happened up to `now` counts, both ends
of a window belong, and an order counts at `ordered_at`. What each of them means to the letter is in `docs/metrics.md`.
"""

from __future__ import annotations

from typing import Final

from waconsole.errors import Refused
from waconsole.money import currency_of
from waconsole.query.fields import SQL, Asked, Field, Parameter, Relation, Scope, Source, Subject
from waconsole.query.values import Amount
from waconsole.text import stored

CURRENCY: Final = "currency"
"""In `Scope.known`: what finds the one currency that orders are in, or "" where there are several."""
CART_STATES: Final = ("open", "abandoned", "recovered")
_SHOWN: Final = "import_run_id NOT IN (SELECT id FROM open_run)"


def _distinct_values(table: str, column: str) -> Source:
    """The values of an indexed column, each found from the one before it."""
    some = f"{column} <> '' AND {column} < :beyond"
    return Source(
        f"""
        WITH RECURSIVE each (value) AS (
            SELECT (SELECT min({column}) FROM {table} WHERE {column} >= :begun AND {some})
             UNION ALL
            SELECT (SELECT min({column}) FROM {table} WHERE {column} > each.value AND {some})
              FROM each WHERE each.value IS NOT NULL)
        SELECT value, '' FROM each WHERE value IS NOT NULL LIMIT :limit
        """,
        folds=False,
    )


CATEGORIES: Final = _distinct_values("order_line", "category")
PRODUCTS: Final = _distinct_values("order_line", "product")
CLICKED_CATEGORIES: Final = _distinct_values("click", "category")
CLICKED_PRODUCTS: Final = _distinct_values("click", "product")
_CATEGORY: Final = Parameter("category", "only of this category", source=CATEGORIES)
_PRODUCT: Final = Parameter("product", "only of this product", source=PRODUCTS)
_IN_CURRENCY: Final = Parameter("currency", "the currency that is counted")


def currency_of_asked(asked: Asked, scope: Scope) -> str:
    """SQL of the currency an amount is counted in: the one that was said, else the one that all orders are in.

    Raises Refused where orders are in several and none was said.
    """
    if isinstance(asked.operand, Amount):
        return scope.bind(asked.operand.currency)
    if said := asked.arguments.get("currency"):
        return scope.bind(currency_of(said))
    if CURRENCY in scope.known:
        only: str = scope.known[CURRENCY]()
        if not only:
            assert asked.field is not None
            raise Refused(f"Orders are in several currencies: say which one, as in {asked.field.example}.")
        return scope.bind(only)
    first = "(SELECT f.currency FROM visible_order AS f LIMIT 1)"
    return f"(SELECT {first} WHERE NOT EXISTS (SELECT 1 FROM visible_order AS o WHERE o.currency <> {first}))"


def _lines(asked: Asked, scope: Scope) -> str:
    """SELECT of (order_id, quantity, unit_price_minor) of the lines of a category, a product, or both.

    A line without a category is of its product's; each half asks an index.
    """
    product = stored(asked.arguments.get("product", ""))
    of_product = f" AND l.product = {scope.bind(product)} AND l.product <> ''" if product else ""
    columns = f"SELECT l.order_id, l.quantity FROM order_line AS l WHERE l.{_SHOWN}"
    if "category" not in asked.arguments:
        return columns + of_product
    category = scope.bind(stored(asked.arguments["category"]))
    its = f"SELECT product FROM visible_product WHERE category = {category} AND category <> ''"
    return (
        f"{columns} AND l.category = {category} AND l.category <> ''{of_product} UNION ALL"
        f" {columns} AND l.category = '' AND l.product <> '' AND l.product IN ({its}){of_product}"
    )


def _of_lines(asked: Asked, scope: Scope) -> str:
    """FROM and WHERE of the asked lines `l` with their orders `o` and buyers `b`, within the window."""
    return (
        f'({_lines(asked, scope)}) AS l JOIN "order" AS o ON o.id = l.order_id JOIN member_root AS b ON b.id = o.member_id'
        f" WHERE o.{_SHOWN} AND {_bought(asked, scope)}"
    )


def _bought(asked: Asked, scope: Scope) -> str:
    if asked.window is None:
        return f"o.ordered_at <= {scope.bind(scope.now)}"
    return scope.within("o.ordered_at", asked.window)


def _is_filtered(asked: Asked) -> bool:
    return "category" in asked.arguments or "product" in asked.arguments


def _orders(asked: Asked, scope: Scope) -> str:
    if _is_filtered(asked):
        return (
            "SELECT b.root_id AS id, count(DISTINCT o.id) AS value"
            f" FROM {_of_lines(asked, scope)} GROUP BY b.root_id"
        )
    return (
        "SELECT o.member_id AS id, count(*) AS value FROM visible_order AS o"
        f" WHERE {_bought(asked, scope)} GROUP BY o.member_id"
    )


def _units(asked: Asked, scope: Scope) -> str:
    return (
        f"SELECT b.root_id AS id, sum(l.quantity) AS value FROM {_of_lines(asked, scope)} GROUP BY b.root_id"
    )


def _clicked(asked: Asked, scope: Scope) -> str:
    """The condition of the asked clicks `c`, within the window or up to now."""
    where = f"c.clicked_at <= {scope.bind(scope.now)}"
    if asked.window is not None:
        where = scope.within("c.clicked_at", asked.window)
    for column in ("category", "product"):
        if column in asked.arguments:
            where += f" AND c.{column} = {scope.bind(stored(asked.arguments[column]))} AND c.{column} <> ''"
    return where


def _clicks(asked: Asked, scope: Scope) -> str:
    return (
        "SELECT c.member_id AS id, count(*) AS value FROM visible_click AS c"
        f" WHERE {_clicked(asked, scope)} GROUP BY c.member_id"
    )


def _carts(asked: Asked, scope: Scope) -> str:
    where = scope.within("c.changed_at", asked.window)
    if state := asked.arguments.get("state"):
        where += f" AND c.state = {scope.bind(state)}"
    return f"SELECT c.member_id AS id, count(*) AS value FROM visible_cart AS c WHERE {where} GROUP BY c.member_id"


def _refunds(asked: Asked, scope: Scope) -> str:
    within = scope.within("f.refunded_at", asked.window)
    return f"SELECT f.member_id AS id, count(*) AS value FROM visible_refund AS f WHERE {within} GROUP BY f.member_id"


def net_orders(asked: Asked, scope: Scope) -> str:
    """SELECT of (id, net, orders): what each person spent in one currency, less what was refunded of it up to now."""
    currency, now = currency_of_asked(asked, scope), scope.bind(scope.now)
    within = scope.within("o.ordered_at", asked.window)
    back = (
        "SELECT o.member_id, -f.amount_minor AS minor, 0 AS one FROM visible_refund AS f"
        " JOIN visible_order AS o ON o.id = f.order_id"
        f" WHERE f.refunded_at <= {now} AND o.currency = {currency} AND {within}"
    )
    return (
        "SELECT n.member_id AS id, sum(n.minor) AS net, sum(n.one) AS orders FROM ("
        "SELECT o.member_id, o.total_minor AS minor, 1 AS one FROM visible_order AS o"
        f" WHERE o.currency = {currency} AND {within} UNION ALL {back}) AS n GROUP BY n.member_id"
    )


def _spend(asked: Asked, scope: Scope) -> str:
    return f"SELECT n.id, n.net AS value FROM ({net_orders(asked, scope)}) AS n"


def _avg_order(asked: Asked, scope: Scope) -> str:
    return f"SELECT n.id, n.net AS value, n.orders AS per FROM ({net_orders(asked, scope)}) AS n"


def _coupon_share(asked: Asked, scope: Scope) -> str:
    couponed = f"SELECT l.order_id FROM order_line AS l WHERE l.coupon <> '' AND l.{_SHOWN}"
    return (
        f"SELECT o.member_id AS id, sum(o.id IN ({couponed})) AS value, count(*) AS per FROM visible_order AS o"
        f" WHERE {_bought(asked, scope)} GROUP BY o.member_id"
    )


def _unit_price(asked: Asked, scope: Scope) -> str:
    each = (
        "SELECT l.member_id AS id, sum(l.quantity * l.unit_price_minor) AS value, sum(l.quantity) AS per"
        f" FROM visible_order_line AS l WHERE l.currency = {currency_of_asked(asked, scope)}"
        f" AND l.unit_price_minor IS NOT NULL AND {scope.within('l.ordered_at', asked.window)} GROUP BY l.member_id"
    )
    return f"SELECT id, value, per, sum(value) OVER () AS all_value, sum(per) OVER () AS all_per FROM ({each}) AS each"


_DISTINCT: Final = ("orders.category", "orders.product", "clicks.category", "clicks.product")


def _distinct(asked: Asked, scope: Scope) -> str:
    table, _, column = asked.arguments["what"].partition(".")
    rows, at = {
        "orders": ("visible_order_line", "ordered_at"),
        "clicks": ("visible_click", "clicked_at"),
    }[table]
    return (
        f"SELECT c.member_id AS id, count(DISTINCT c.{column}) AS value FROM {rows} AS c"
        f" WHERE c.{column} <> '' AND {scope.within(f'c.{at}', asked.window)} GROUP BY c.member_id"
    )


def _since_order(which: str) -> SQL:
    def sql(asked: Asked, scope: Scope) -> str:
        now = scope.bind(scope.now)
        if _is_filtered(asked):
            each = f"SELECT b.root_id AS id, {which}(o.ordered_at) AS at FROM {_of_lines(asked, scope)} GROUP BY b.root_id"
        else:
            each = (
                f"SELECT o.member_id AS id, {which}(o.ordered_at) AS at FROM visible_order AS o"
                f" WHERE {_bought(asked, scope)} GROUP BY o.member_id"
            )
        return f"SELECT id, {now} - at AS value FROM ({each}) AS each"

    return sql


def _since(which: str, rows: str, at: str) -> SQL:
    def sql(_: Asked, scope: Scope) -> str:
        now = scope.bind(scope.now)
        return (
            f"SELECT c.member_id AS id, {now} - {which}(c.{at}) AS value FROM {rows} AS c"
            f" WHERE c.{at} <= {now} GROUP BY c.member_id"
        )

    return sql


def _age(name: str, says: str, sql: SQL, *parameters: Parameter) -> Field:
    return Field(
        "member", name, f"the time since {says}; never is infinitely long ago", "span", f"{name}<=30d",
        relation=Relation(sql, absent="never"), is_never=True, parameters=parameters,
    )  # fmt: skip


_CLICKED: Final = (
    Parameter("category", "only on this category", source=CLICKED_CATEGORIES),
    Parameter("product", "only on this product", source=CLICKED_PRODUCTS),
)
SUBJECTS: Final[tuple[Subject, ...]] = ()
FIELDS: Final = (
    Field("member", "orders", "how many orders they made", "number", "orders(category=sunscreen, 7d) = 0",
          relation=Relation(_orders), has_window=True, parameters=(_CATEGORY, _PRODUCT)),
    Field("member", "units", "how many units they bought", "number", "units(category=serum, 90d)>=2",
          relation=Relation(_units), has_window=True, parameters=(_CATEGORY, _PRODUCT)),
    Field("member", "clicks", "how often they clicked", "number", "clicks(category=sunscreen, 7d)>=3",
          relation=Relation(_clicks), has_window=True, parameters=_CLICKED),
    Field("member", "carts", "how often a cart of theirs was opened, abandoned or recovered", "number",
          "carts(state=abandoned, 2d)>=1", relation=Relation(_carts), has_window=True,
          parameters=(Parameter("state", "only what became of it", CART_STATES),)),
    Field("member", "refunds", "how many refunds they were given, each at its own time", "number", "refunds(90d)>=1",
          relation=Relation(_refunds), has_window=True),
    Field("member", "spend", "what they spent in one currency, less refunds", "amount", "spend(365d)>=500 HKD",
          relation=Relation(_spend), has_window=True),
    Field("member", "avg_order", "the mean of their orders in one currency, less refunds; of none it has no value",
          "amount", "avg_order(ever)>=100 USD", relation=Relation(_avg_order, None, is_ratio=True), has_window=True),
    Field("member", "coupon_share", "the share of their orders with a coupon; of none it has no value", "share",
          "coupon_share(180d)>70%", relation=Relation(_coupon_share, None, is_ratio=True), has_window=True),
    Field("member", "unit_price", "what they paid for a unit, against what everybody paid, before refunds", "times",
          "unit_price(ever, currency=HKD) > 2x avg", relation=Relation(_unit_price, None, is_ratio=True),
          has_window=True, parameters=(_IN_CURRENCY,)),
    Field("member", "distinct", "how many different categories or products there are among them", "number",
          "distinct(orders.category, 90d)>=3", relation=Relation(_distinct), has_window=True,
          parameters=(Parameter("what", f"what is counted: {', '.join(_DISTINCT)}", _DISTINCT, is_plain=True,
                                is_required=True),)),
    _age("first_order", "their first order", _since_order("min"), _CATEGORY),
    _age("last_order", "their latest order", _since_order("max"), _CATEGORY),
    _age("first_click", "their first click", _since("min", "visible_click", "clicked_at")),
    _age("last_click", "their latest click", _since("max", "visible_click", "clicked_at")),
    _age("first_cart", "their first cart", _since("min", "visible_cart", "changed_at")),
    _age("last_cart", "their latest cart", _since("max", "visible_cart", "changed_at")),
)  # fmt: skip
