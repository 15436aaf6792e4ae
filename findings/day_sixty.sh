#!/usr/bin/env bash
# The day that never was, in workbooks.
#
# Guess: a date cell that Excel shows as 1900-02-29 (day number 60; the year 1900 had no such day) is an error in a reader,
#        or stays a number; and 0, shown as 1900-01-00, is a day before the first.
# Seen (python-calamine 0.5.3, openpyxl 3.1.5): both read 60 as 28 February 1900, the day of 59: two cells that Excel shows
#        differently become one day, and nothing tells. 0 becomes a time of day, midnight, in a column of dates. Both are what
#        an empty or mistyped birthday turns into: an importer that takes the reader's word writes them down as birthdays.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv v
v/bin/pip -q install python-calamine==0.5.3 openpyxl==3.1.5
cat >look.py <<'PY'
import datetime

from openpyxl import Workbook, load_workbook
from python_calamine import CalamineWorkbook

NUMBERS = [0, 1, 59, 60, 61]
book = Workbook()
for row, number in enumerate(NUMBERS, 1):
    cell = book.active.cell(row, 1, number)
    cell.number_format = "yyyy-mm-dd"
book.save("days.xlsx")
opened = [cell.value for cell in load_workbook("days.xlsx").active["A"]]
calamine = [row[0] for row in CalamineWorkbook.from_path("days.xlsx").get_sheet_by_index(0).to_python()]
for number, a, b in zip(NUMBERS, opened, calamine):
    print(f"{number}: openpyxl {a!r}, calamine {b!r}")
day = datetime.date(1900, 2, 28)
for values in ([getattr(value, "date", lambda: value)() for value in opened], calamine):
    assert values[0] == datetime.time(0, 0), "0 is midnight"
    assert values[2] == values[3] == day, "60 is 59"
    assert values[4] == datetime.date(1900, 3, 1)
PY
v/bin/python look.py
