"""Order files as people have them: CSV, XLSX and JSON, in the notations of many programs."""

import hashlib
import json
from datetime import date, datetime

import pytest

from tests.orders.files import HEADER, book_of, complaint, lines_of, workbook
from tng.errors import UsageError
from tng.models import Source
from tng.orders import (
    OrderFileError,
    OrderLine,
    SerialRange,
    line_names,
    read_order_books,
    read_orders,
)

CSV = "order,part_number,quantity\nPO-7,ATECC608C*,5000\n"


def single(text):
    return SerialRange(text, text)


def test_a_line_has_what_its_row_says(tmp_path):
    book = book_of(
        tmp_path,
        "order,part_number,quantity,serial,group_id,date\n"
        "PO-7, ATECC608C* ,2,0123AA 0123AB,359SCE,2026-11-21\n",
    )
    assert book.lines == (
        OrderLine(
            "PO-7", "ATECC608C*", 2, (single("0123aa"), single("0123ab")), "359SCE",
            date(2026, 11, 21), Source(str(tmp_path / "orders.data"), line=2),
        ),
    )  # fmt: skip
    assert (book.kind, book.notes) == ("csv", ())


def test_the_hash_is_of_the_bytes_of_the_file(tmp_path):
    assert book_of(tmp_path, CSV).sha256 == hashlib.sha256(CSV.encode()).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        CSV,
        "\ufeff" + CSV,
        CSV.replace(",", ";"),
        CSV.replace(",", "\t"),
        CSV.replace("\n", "\r\n"),
        CSV.replace("PO-7", '"PO-7"').replace("order", '"order"'),
        "sep=;\n" + CSV.replace(",", ";"),
        "Our orders\n\n" + CSV,
        "\n,,\n" + CSV + "\n,,\n",
        '[{"order": "PO-7", "part_number": "ATECC608C*", "quantity": 5000}]',
        '\ufeff {"lines": [{"order": "PO-7", "part_number": "ATECC608C*", "quantity": 5e3}]}',
        '{"orders": [{"PO": "PO-7", "mpn": "ATECC608C*", "qty": "5000"}]}',
        workbook([HEADER[:3], ("PO-7", "ATECC608C*", 5000)]),
        workbook([HEADER[:3], ("PO-7", "ATECC608C*", "5000")]),
        workbook([("notes",)], [], [(), (None, *HEADER[:3]), (None, "PO-7", "ATECC608C*", 5000)]),
    ],
    ids=range(15),
)
def test_the_same_order_in_every_form_is_the_same_line(tmp_path, content):
    (line,) = lines_of(tmp_path, content)
    assert (line.order, line.part_number, line.quantity) == ("PO-7", "ATECC608C*", 5000)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Purchase Order,Part Number,Qty,Serials,Lot,Delivery Date", "a,b,1,0c,d,2026-01-02"),
        ("PO,MPN,QUANTITY,SerialNumber,GROUP,order_date", "a,b,1,0c,d,2026-01-02"),
        ("po_number,PartNumber,order qty,uid,lot-no.,Date", "a,b,1,0c,d,2026-01-02 10:00:00"),
        ("Date,group_id,SN,Qty.,part,Order #", "2026-01-02T10:00:00Z,d,0C,1,b,a"),
    ],
)
def test_columns_are_known_by_many_names_in_any_place(tmp_path, header, row):
    (line,) = lines_of(tmp_path, f"{header}\n{row}\n")
    expected = ("a", "b", 1, (single("0c"),), "d", date(2026, 1, 2))
    assert (
        line.order, line.part_number, line.quantity, line.serials, line.group_id, line.date
    ) == expected  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [
        "PO No.,Manufacturer Part Number,Quantity (pcs)",
        "Purchase Order,Mfr. Part No.,Qty Ordered [pcs]",
        "PO,MPN,Ordered Qty.",
    ],
)
def test_columns_are_known_with_their_units_and_in_the_words_of_distributors(tmp_path, header):
    (line,) = lines_of(tmp_path, f"{header},Batch\nPO-7,ATECC608C*,5000,L1\n")
    assert (line.order, line.part_number, line.quantity, line.group_id) == (
        "PO-7", "ATECC608C*", 5000, "L1",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("10 000", 10_000), ("10\u00a0000", 10_000), ("10'000", 10_000),
        ("1\u2019234\u2019567", 1_234_567),
        ("10,000.00", 10_000), ("10.000,00", 10_000), ("1,000,000", 1_000_000),
        ("300.00", 300), ("300,0", 300), ("5 000,000", 5_000),
    ],
)  # fmt: skip
def test_separators_that_can_be_read_in_one_way_only_are_read(tmp_path, text, quantity):
    assert lines_of(tmp_path, f"order;part;quantity\nPO;A;{text}\n")[0].quantity == quantity


@pytest.mark.parametrize("text", ["10,000", "10.000", "1,5", "300.50", "10 00", "1,00,000", "1e3"])
def test_separators_that_can_be_read_in_two_ways_are_refused(tmp_path, text):
    assert f'found "{text}"' in complaint(tmp_path, f"order;part;quantity\nPO;A;{text}\n")


def test_dates_with_full_stops_are_day_month_year(tmp_path):
    rows = "PO;A;1;14.09.2026\nPO;A;1;2.3.2026\n"
    lines = lines_of(tmp_path, f"order;part;quantity;date\n{rows}")
    assert [line.date for line in lines] == [date(2026, 9, 14), date(2026, 3, 2)]
    assert "31.02.2026" in complaint(tmp_path, "order;part;quantity;date\nPO;A;1;31.02.2026\n")


@pytest.mark.parametrize("label", ["", "Total", "SUM:", "grand total"])
def test_a_row_that_adds_up_all_others_is_no_order(tmp_path, label):
    book = book_of(tmp_path, f"order,part,quantity\nPO,A,300\nPO,B,3\n{label},,303\n")
    assert [line.quantity for line in book.lines] == [300, 3]
    assert book.notes == ("line 4 is the sum of the rows above it and was passed over",)


@pytest.mark.parametrize("row", ["Total,,304", ",,5", "PO-9,,303", ",A,303"])
def test_a_row_that_is_no_sum_is_not_passed_over(tmp_path, row):
    message = complaint(tmp_path, f"order,part,quantity\nPO,A,300\nPO,B,3\n{row}\n")
    assert "line 4" in message


def test_a_csv_in_the_encoding_of_some_machine_is_read_where_it_is_ascii(tmp_path):
    text = "order;part;Größe;quantity\nPO-7;A;übergroß;5\n"
    book = book_of(tmp_path, text.encode("cp1252"))
    assert (book.lines[0].order, book.lines[0].quantity) == ("PO-7", 5)
    bad = text.replace("PO-7", "Bücher-7").encode("cp1252")
    assert "line 2, order: found" in complaint(tmp_path, bad)


def test_columns_that_are_not_known_are_named_in_a_note(tmp_path):
    book = book_of(tmp_path, "order,price,part,Buyer\x07,quantity\nPO,9,A,me,5\n")
    assert book.notes == ('columns that are not known were passed over: "price", "Buyer\\x07"',)


def test_where_two_columns_mean_the_same_its_own_name_decides(tmp_path):
    book = book_of(tmp_path, "po,order,part,quantity\nX,PO-7,A,5\n")
    assert book.lines[0].order == "PO-7"
    assert '"po"' in book.notes[0]
    assert "which mean the same" in complaint(tmp_path, "po,order no,part,quantity\nX,Y,A,5\n")


@pytest.mark.parametrize("day", [date(2026, 11, 21), datetime.fromisoformat("2026-11-21T23:59")])
def test_dates_of_a_spreadsheet_are_days(tmp_path, day):
    rows = [("order", "part", "quantity", "date"), ("PO", "A", 1, day)]
    assert lines_of(tmp_path, workbook(rows))[0].date == date(2026, 11, 21)


def test_numbers_of_a_spreadsheet_become_names_without_a_point(tmp_path):
    rows = [("order", "part", "quantity", "group"), (4500012345, 608, 10.0, 1)]
    (line,) = lines_of(tmp_path, workbook(rows))
    assert (line.order, line.part_number, line.quantity, line.group_id) == (
        "4500012345", "608", 10, "1",
    )  # fmt: skip


def test_a_sheet_is_read_by_what_a_person_sees(tmp_path):
    import openpyxl

    from tests.orders.files import saved

    book = openpyxl.Workbook()
    book.active.append(("order", "part", "quantity"))
    book.active.append(("hidden", "A", 1))
    book.active.sheet_state = "hidden"
    shown = book.create_sheet("Orders")
    shown.append(("order", "part", "quantity"))
    shown.append(("PO", "A", 1))
    assert [line.order for line in lines_of(tmp_path, saved(book))] == ["PO"]


def test_rows_of_a_spreadsheet_are_numbered_as_the_spreadsheet_does(tmp_path):
    rows = [(), ("title",), (), ("order", "part", "quantity"), (), ("PO", "A", 3)]
    (line,) = lines_of(tmp_path, workbook(rows))
    assert line.source == Source(str(tmp_path / "orders.data"), line=6)


def test_rows_with_serials_of_the_same_line_are_one_line(tmp_path):
    lines = lines_of(
        tmp_path,
        "order,part,quantity,serial\n"
        "PO-1,A,,0c\nPO-1,B,,0d\nPO-1,a,1,0b\nPO-1,A,7,\nPO-1,A,7,\nPO-2,A,,0a\n",
    )
    assert [(line.order, line.part_number, line.quantity) for line in lines] == [
        ("PO-1", "A", 2), ("PO-1", "B", 1), ("PO-1", "A", 7), ("PO-1", "A", 7), ("PO-2", "A", 1),
    ]  # fmt: skip
    assert lines[0].serials == (single("0b"), single("0c"))
    assert lines[0].source.line == 2
    assert line_names(lines) == (
        "PO-1 line 1", "PO-1 line 2", "PO-1 line 3", "PO-1 line 4", "PO-2 line 1",
    )  # fmt: skip


def test_serials_may_differ_in_length_and_are_sorted_by_it(tmp_path):
    (line,) = lines_of(tmp_path, "order,part,serial\nPO,A,0a\nPO,A,000b\nPO,A,0900\n")
    assert [item.first for item in line.serials] == ["0a", "000b", "0900"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("0123", [("0123", "0123")]),
        (["0123", "0x0125"], [("0123", "0123"), ("0125", "0125")]),
        (["0123-0124"], [("0123", "0124")]),
        ([{"first": "0123", "last": "01:24"}], [("0123", "0124")]),
        ({"first": "sn0123", "last": "0124"}, [("0123", "0124")]),
    ],
)
def test_serials_in_json(tmp_path, entry, expected):
    content = json.dumps([{"order": "PO", "part_number": "A", "serials": entry}])
    (line,) = lines_of(tmp_path, content)
    assert [(item.first, item.last) for item in line.serials] == expected


def test_entries_of_json_are_counted(tmp_path):
    content = '[{"order": "a", "part": "b", "qty": 1}, {"order": "a", "part": "c", "qty": 1}]'
    assert [line.source.entry for line in lines_of(tmp_path, content)] == [1, 2]


@pytest.mark.parametrize(
    ("quantity", "serials", "expected"),
    [
        ("", "0a;0b", 2), ("2", "0a;0b", 2), ("", "0a..0f", 6), ("6", "0a..0f", 6),
        ("3", "0a..0f", 3), ("4", "0a..0f 20", 4), ("5", "", 5),
    ],
)  # fmt: skip
def test_the_quantity_of_a_row_and_its_serials(tmp_path, quantity, serials, expected):
    (line,) = lines_of(tmp_path, f"order,part,quantity,serial\nPO,A,{quantity},{serials}\n")
    assert line.quantity == expected


@pytest.mark.parametrize(
    ("quantity", "serials", "found", "wanted"),
    [
        ("3", "0a;0b", "3", "2, for"),
        ("5000", "0a", "5000", "1, for"),
        ("7", "0a..0f", "7", "from 1 to 6"),
        ("1", "0a..0f 20 21", "1", "from 2 to 8"),
        ("", "", "nothing", "a quantity, or serial numbers"),
        ("", "0000000000..0fffffffff", "nothing", "a quantity"),
    ],
)
def test_a_quantity_that_disagrees_with_the_serials_is_refused(
    tmp_path, quantity, serials, found, wanted
):
    content = f"order,part,Qty,serial\nPO,A,{quantity},{serials}\n"
    assert f"line 2, Qty: found {found}, expected {wanted}" in complaint(tmp_path, content)


@pytest.mark.parametrize(
    "again", ["PO,A,0b", "PO,A,0a..0c", "PO,A,00;0b"], ids=["one", "range", "list"]
)
def test_a_serial_that_stands_twice_in_a_line_is_refused(tmp_path, again):
    message = complaint(tmp_path, f"order,part,serial\nPO,A,0b\n{again}\n")
    assert "each serial number once in a line of an order" in message
    assert "line 2" in message
    assert "line 3" in message


def test_all_bad_cells_are_told_at_once_and_many_are_counted(tmp_path):
    rows = "PO,A,x,11/12/2026\n,,,\nPO,A,-1,2026-02-30\n"
    message = complaint(tmp_path, f"order,part,quantity,date\n{rows}")
    assert 'line 2, quantity: found "x"' in message
    assert 'line 2, date: found "11/12/2026", expected a day as 2026-11-21' in message
    assert 'line 4, quantity: found "-1"' in message
    assert 'line 4, date: found "2026-02-30"' in message
    many = complaint(tmp_path, "order,part,quantity\n" + "PO,A,x\n" * 1000)
    assert many.count("\n") == 21
    assert "and 980 more" in many


def test_a_quote_that_is_never_closed_swallows_no_line(tmp_path):
    message = complaint(tmp_path, 'order,part,quantity\nPO,"A,5\nPO,B,5\n')
    assert "line 2: found a row that is no CSV" in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n\n ", "is empty"),
        (b"hello\nworld\n", 'found "hello", expected the columns order, part_number'),
        (b"1,2,3\n4,5,6\n", 'found "1", "2", "3", expected'),
        (b"order,quantity\nPO,5\n", "no column part_number"),
        (b"order,part\nPO,A\n", "no column quantity"),
        (b"order,part,quantity\n", "found no order line"),
        (b"order,part,quantity\nPO,\xe4,5\n", 'line 2, part: found "\ufffd", expected characters'),
        (b"order,part,quantity\nPO,A\0,5\n", "line 2: found a NUL byte"),
        ("order,part,quantity\n".encode("utf-16"), "UTF-16"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "old or protected Excel"),
        (b"{}", "found an object, expected a list"),
        (b'{"lines": 5}', "found a number"),
        (b'{"lines": [], "orders": []}', "found an object"),
        (b"[]", "found no order line"),
        (b"[1]", "entry 1: found a number"),
        (b"[{}]", "entry 1: found no members"),
        (b'[{"price": 1}]', 'entry 1: found "price"'),
        (b'[{"order": "a", "qty": 1}]', "entry 1, part_number: found nothing"),
        (b'[{"order": "a",]', "line 1: found no JSON"),
        (b'[{"po": "a", "order no": "b"}]', "which mean the same"),
    ],
)
def test_a_file_that_is_no_list_of_orders_is_refused(tmp_path, content, says):
    assert says in complaint(tmp_path, content)


def test_the_same_list_of_orders_is_refused_under_any_name(tmp_path):
    first, copy, other = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv"
    first.write_text("order,part,quantity\nPO,A,5\n")
    copy.write_bytes(first.read_bytes())
    other.write_text("order,part,quantity\nPO,A,5\n\n")
    assert [len(book.lines) for book in read_order_books([first, other])] == [1, 1]
    with pytest.raises(UsageError, match=r"a\.csv is named twice") as caught:
        read_order_books([first, other, first])
    assert "once" in caught.value.hint
    with pytest.raises(UsageError, match=r"b\.csv is the same list of orders as .*a\.csv"):
        read_order_books([first, copy])


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(OrderFileError, match="cannot be read: No such file"):
        read_orders(tmp_path / "absent.csv")
    with pytest.raises(OrderFileError, match="cannot be read: Is a directory"):
        read_orders(tmp_path)
