"""Files as shops and spreadsheets write them: encodings, delimiters, headers of known shops, dates, quick rows."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import NOW
from tests.shop.shop_files import ANA, INES, ORDERS, order
from waconsole.clock import iso
from waconsole.errors import Refused
from waconsole.members.model import e164
from waconsole.sync.intake_shop import ShopImport, preview, read_plan
from waconsole.sync.shop_dates import Dates, settled
from waconsole.sync.shop_file import look
from waconsole.sync.shop_file import rows as rows_of
from waconsole.sync.shop_parts import Rows
from waconsole.sync.shop_phones import Phones
from waconsole.sync.shop_quick import quick_orders
from waconsole.sync.shop_rows import OrderFact

PARIS = ZoneInfo("Europe/Paris")


def read(path: Path, kind: str = "orders", **options: Any) -> tuple[list[Any], list[tuple[int, str]]]:
    """(facts, (line, reason) of rejects) of a file."""
    file, _, reader = read_plan(ShopImport(kind, path, PARIS, **options), now=NOW)
    rows, facts, rejects = Rows(file, reader), [], []
    while parts := rows.chunk():
        for part in parts:
            facts += part.facts
            rejects += [(line, reason) for line, reason, _ in part.rejects]
    return facts, rejects


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A file of that text."""
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("encoding", "product"),
    [
        ("utf-8", "Robe d’été"), ("utf-8-sig", "Robe d’été"), ("utf-16", "ワンピース"), ("utf-16-le", "Robe d’été"),
        ("utf-16-be", "Robe d’été"), ("cp1252", "Robe d’été à fleurs"), ("cp1252", "Größe 38 – weiß"), ("cp1252", "Taille 38 €"),
        ("shift_jis", "ワンピース"), ("shift_jis", "東京の服"), ("cp932", "①夏物セット"),
    ],
)  # fmt: skip
def test_a_file_is_read_in_its_encoding_and_delimiter(
    tmp_path: Path, encoding: str, product: str, delimiter: str
) -> None:
    row = order("A1", rest=f",,{product},1,1.00")
    text = f"{ORDERS}\r\n{row}\r\n".replace(",", delimiter)

    facts, rejects = read(written(tmp_path / "o.csv", text, encoding))

    assert rejects == [] and [fact.items[0][1] for fact in facts] == [product]


def test_a_file_may_tell_its_delimiter_first(tmp_path: Path) -> None:
    text = "sep=;\n" + f"{ORDERS}\n{order('A1', rest=',,a|b|c,1,1.00')}\n{order('', rest=',,,,')}\n".replace(
        ",", ";"
    )

    facts, rejects = read(written(tmp_path / "o.csv", text))

    assert facts[0].items[0][1] == "a|b|c" and rejects == [(4, "no reference")]


def test_what_could_be_two_encodings_is_asked_about(tmp_path: Path) -> None:
    path = written(
        tmp_path / "o.csv", f"{ORDERS}\n{order('A1', rest=',,连衣裙夏季新款,1,1.00')}\n", "gb18030"
    )

    with pytest.raises(Refused, match="say --encoding"):
        look(path)
    assert read(path, encoding="gb18030")[0][0].items[0][1] == "连衣裙夏季新款"
    with pytest.raises(Refused, match="no encoding klingon"):
        look(path, encoding="klingon")
    with pytest.raises(Refused, match="spreadsheet"):
        look(written(tmp_path / "o.xlsx", "PK\x03\x04 and so on"))
    with pytest.raises(Refused, match="no file"):
        look(tmp_path / "absent.csv")
    with pytest.raises(Refused, match="no column called reference"):
        read(written(tmp_path / "e.csv", ""))


def test_columns_are_known_by_name_among_four_hundred(tmp_path: Path) -> None:
    names, cells = ORDERS.split(","), order("A1").split(",")
    head = [f"x{number}" for number in range(390)] + [name.upper() for name in reversed(names)]
    row = ["?"] * 390 + cells[::-1]

    facts, rejects = read(written(tmp_path / "o.csv", f"{';'.join(head)}\n\n{';'.join(row)}\nshort;row\n"))

    assert facts[0][2:7] == ("A1", INES, NOW - (NOW - facts[0].ordered_at), "EUR", 3000)
    assert rejects == [(4, "no reference")]


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Discount Code,Created at,Lineitem quantity,"
    "Lineitem name,Lineitem price,Lineitem sku,Billing Country,Billing Phone,Shipping Phone,Refunded Amount,Phone\n"
    "#1001,a@x.fr,paid,,EUR,30.00,34.90,NEW,2026-11-01 10:00:00 +0100,1,Robe - M,20.00,R-M,FR,'06 39 98 12 17,,0.00,\n"
    "#1001,a@x.fr,,,,,,,,2,Chapeau,5.00,C,,,,,\n"
    "#1002,b@x.fr,voided,,EUR,5.00,5.00,,2026-11-02 10:00:00 +0100,1,Robe - M,5.00,R-M,FR,,+33639981218,0.00,\n"
    "#1003,b@x.fr,paid,,EUR,5.00,5.00,,2026-11-02 10:00:00 +0100,1,Robe - M,5.00,R-M,FR,,+33639981218,0.00,\n"
)
WOO_ITEMS = (
    "order_id,order_number,order_date,status,order_total,order_currency,billing_phone,billing_country,coupon_items,line_item_1,line_item_2\n"
    "7,7,2026-11-01 10:00:00,completed,35.00,EUR,0639981217,FR,code:NEW|amount:5,"
    "name:Robe|product_id:1|sku:R|quantity:1|total:20.00|sub_total:20.00,name:Chapeau|product_id:2|sku:C|quantity:3|total:10.00|sub_total:10.00\n"
    "8,8,2026-11-01 10:00:00,cancelled,35.00,EUR,0639981217,FR,,,\n"
)
WOO_ROWS = (
    "order_id,order_number,date,status,order_total,order_currency,billing_phone,billing_country,item_name,item_quantity,item_total,coupons\n"
    "7,N7,2026-11-01 10:00:00,processing,35.00,EUR,0639981217,FR,Robe,1,20.00,NEW\n"
    "7,N7,2026-11-01 10:00:00,processing,35.00,EUR,0639981217,FR,Chapeau,3,10.00,NEW\n"
)
WOO_ADVANCED = (
    "Order Number,Order Status,Order Date,Phone (Billing),Country Code (Billing),Currency,Order Total Amount,Item Name,Quantity,Item Cost,Coupon Code\n"
    "7,Completed,2026-11-01 10:00,0639981217,FR,EUR,35.00,Robe,1,20.00,NEW\n"
    ",,,,,,,Chapeau,3,,\n"
)


@pytest.mark.parametrize(
    ("text", "reference", "total", "price"),
    [(SHOPIFY, "#1001", 3490, 500), (WOO_ITEMS, "7", 3500, None), (WOO_ROWS, "N7", 3500, None), (WOO_ADVANCED, "7", 3500, None)],
)  # fmt: skip
def test_exports_of_shopify_and_woocommerce_are_known_by_their_header(
    tmp_path: Path, text: str, reference: str, total: int, price: int | None
) -> None:
    facts, rejects = read(written(tmp_path / "o.csv", text))

    mine = [fact for fact in facts if fact.reference == reference]
    assert {fact[2:7] for fact in mine} == {(reference, INES, mine[0].ordered_at, "EUR", total)}
    assert iso(mine[0].ordered_at) == "2026-11-01T09:00:00Z"
    items = [item for fact in mine for item in fact.items]
    assert [(item[1].partition(" - ")[0], item[2], item[3]) for item in items] == [
        ("Robe", "NEW", 1), ("Chapeau", "NEW", 2 if reference == "#1001" else 3),
    ]  # fmt: skip
    assert (items[0][4], items[1][4]) == (2000, price)
    assert [reason for _, reason in rejects] == (
        ["the order is voided: it is none that counts"] if text is SHOPIFY
        else ["the order is cancelled: it is none that counts"] if text is WOO_ITEMS else []
    )  # fmt: skip
    assert text is not SHOPIFY or facts[-1].phone == ANA


MAPPING = {
    "reference": "Bestellnr",
    "phone": "Telefon",
    "ordered_at": "Datum",
    "total": "Summe",
    "currency": "=EUR",
}


def test_any_other_file_is_read_by_a_mapping(tmp_path: Path) -> None:
    path = written(
        tmp_path / "o.csv", 'Bestellnr;Telefon;Datum;Summe\n77;0170 1234567;13.11.2026;"1.234,50"\n'
    )

    facts, rejects = read(path, mapping=MAPPING, region="DE")

    assert rejects == [] and facts[0][2:7] == ("77", "+491701234567", facts[0].ordered_at, "EUR", 123450)
    with pytest.raises(Refused, match="--map reference=COLUMN"):
        read(path)
    with pytest.raises(Refused, match="no column called Preis"):
        read(path, mapping={**MAPPING, "total": "Preis"})
    with pytest.raises(Refused, match="orders have no column price"):
        read(path, mapping={"price": "Summe"})
    plan, rows, rejected = preview(ShopImport("orders", path, PARIS, mapping=MAPPING), now=NOW)
    assert plan.shown()["currency"] == "=EUR" and rows == [] and "needs --region" in rejected[0][1]


def test_jsonl_is_read_without_floats(tmp_path: Path) -> None:
    text = (
        '{"reference": "A1", "phone": "+33639981217", "ordered_at": "2026-11-01", "currency": "EUR", "total": 0.10, "unit_price": 1e2}\n'
        '{"reference": "A2", "phone": "+33639981217", "ordered_at": 1793620800, "currency": "KWD", "total": 1234567.125}\n'
        "no object\n"
        + '{"reference": "A3"}\n' * 100
        + '{"reference": "A4", "phone": "+33639981217", "ordered_at": "2026-11-01", "currency": "EUR", "total": "1", "coupon": "NEW"}\n'
    )

    facts, rejects = read(written(tmp_path / "o.jsonl", text))

    assert [(fact.reference, fact.total_minor) for fact in facts] == [("A2", 1234567125), ("A4", 100)]
    assert facts[-1].items[0][2] == "NEW"
    assert [line for line, _ in rejects][:2] == [1, 3] and rejects[1][1] == "the line is no JSON object"


def test_a_line_that_is_no_json_is_kept_as_it_stood(tmp_path: Path) -> None:
    path = written(tmp_path / "o.jsonl", '{"reference": "A1"}\n  cut "off, in\n')
    file, _, reader = read_plan(
        ShopImport("orders", path, PARIS, mapping={"phone": "=1", "ordered_at": "=1", "total": "=1"}), now=NOW
    )

    rejects = [reject for part in Rows(file, reader).chunk() for reject in part.rejects]

    assert rejects[1][:2] == (2, "the line is no JSON object")
    assert next(csv.reader([rejects[1][2]]))[0] == 'cut "off, in'


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        (("05/11/2026 10:00", "13/11/2026"), ["2026-11-05T09:00:00Z", "2026-11-12T23:00:00Z"]),
        (("11/05/2026 10:00 AM", "11/13/2026"), ["2026-11-05T09:00:00Z", "2026-11-12T23:00:00Z"]),
        (("05.11.2026", "2026年11月13日"), ["2026-11-04T23:00:00Z", "2026-11-12T23:00:00Z"]),
        (("5 Nov 2026", "November 13th, 2026 9:30 PM"), ["2026-11-04T23:00:00Z", "2026-11-13T20:30:00Z"]),
    ],
)
def test_the_file_itself_tells_the_order_of_day_and_month(
    tmp_path: Path, dates: tuple[str, ...], found: list[str]
) -> None:
    rows = "\n".join(order(f"A{number}", at=f'"{date}"') for number, date in enumerate(dates))

    facts, rejects = read(written(tmp_path / "o.csv", f"{ORDERS}\n{rows}\n"))

    assert rejects == [] and [iso(fact.ordered_at) for fact in facts] == found


def test_a_file_that_does_not_tell_is_asked_about(tmp_path: Path) -> None:
    path = written(tmp_path / "o.csv", f"{ORDERS}\n{order('A1', at='05/11/2026')}\n")

    with pytest.raises(Refused, match="say --date-order dmy or mdy"):
        read(path)
    assert iso(read(path, date_order="mdy")[0][0].ordered_at) == "2026-05-10T22:00:00Z"
    with pytest.raises(Refused, match="say --date-order"):
        settled(["13/11/2026", "11/13/2026"], "o.csv")


@pytest.mark.parametrize(
    "text", ["31/02/2026", "2026-13-01", "2026-11-20T25:00:00Z", "20", "tomorrow", "2026-11-20T+9:00:00Z"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is no date"):
        Dates(PARIS, "dmy").instant(text)


def test_quick_rows_are_what_the_slow_reader_reads(tmp_path: Path) -> None:
    dice = random.Random(11)
    choices = [
        ["A1", " A2", "#3", "", "é4", "A\u00a05"],
        [INES, ANA, "0033 639 98 12 17", "x", ""],
        ["2026-11-01T10:00:00Z", "2026-11-01", "2026-11-01T10:00:60Z", "2027-01-01T00:00:00Z", "2026-11-01T10:00:00+01:00"],
        ["EUR", "eur", "JPY", "KWD", "", "XXX", "€"],
        ["12.50", "12,50", "12.5", "1.234", "1", "-1.00", "12.500", "１２.50", "", "+1.00", "1.00 €"],
        ["", "NEW", "NE\u0301W"], ["", "dress"], ["", "Robe"], ["1", "2.0", "0", "-1", "", "x", "٣"], ["", "5.00", "5", "-5.00"],
    ]  # fmt: skip
    rows = [",".join(f'"{dice.choice(some)}"' for some in choices) for _ in range(3000)]
    path = written(tmp_path / "o.csv", "\n".join([ORDERS, *rows]))
    file, _, reader = read_plan(ShopImport("orders", path, PARIS), now=NOW)
    quick, slow = quick_orders(reader), reader.reading()
    outcomes = 0
    for line, cells in rows_of(file):
        told: list[OrderFact | str] = []
        for one in (quick, slow):
            try:
                told.append(one(line, cells))  # type: ignore[arg-type]
            except Refused as reason:
                told.append(str(reason))
        assert told[0] == told[1]
        outcomes += not isinstance(told[0], str)
    assert 20 < outcomes < 2000


def test_quick_phones_are_what_phonenumbers_says() -> None:
    dice, phones = random.Random(5), Phones(None)
    for _ in range(1500):
        code = dice.choice(
            ["33", "1", "44", "39", "54", "52", "55", "7", "800", "852", "49", "81", "999", "225"]
        )
        text = f"+{code}{''.join(dice.choices('0123456789', k=dice.randrange(5, 12)))}"
        assert phones.e164(text) == e164(text)
