#!/usr/bin/env bash
# When a Chinese lunar month begins, by five libraries.
#
# Guess: libraries that turn solar into lunar days (all name the Hong Kong Observatory or an almanac as their source) agree on
#        every day on which a living customer can be born; where new moons fall close to midnight, the far future may differ.
# Seen (lunardate 0.3.0, borax 4.1.3, zhdate 0.1, lunar_python 1.4.8, sxtwl 2.0.7; every day from 1901-02-19 to 2099):
#        lunardate begins a month a day early three times within living memory, in July 1933, November 1954 and September
#        1978: ninety days whose lunar birthdays are a day off, mid-autumn 1978 among them. In the future there are three
#        camps: October 2057 (borax and lunar_python a day later than the others), September 2089 and August 2097 (borax
#        alone). Two programs that exchange lunar birthdays must name their table.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv v
v/bin/pip -q install lunardate==0.3.0 borax==4.1.3 zhdate==0.1 lunar_python==1.4.8 sxtwl==2.0.7
cat >look.py <<'PY'
import datetime
import warnings

import sxtwl
from borax.calendars.lunardate import LunarDate as Borax
from lunar_python import Solar
from lunardate import LunarDate
from zhdate import ZhDate

warnings.simplefilter("ignore")


def lunardate(day):
    found = LunarDate.fromSolarDate(day.year, day.month, day.day)
    return found.month, found.day


def borax(day):
    found = Borax.from_solar(day)
    return found.month, found.day


def zhdate(day):
    found = ZhDate.from_datetime(datetime.datetime(day.year, day.month, day.day))
    return found.lunar_month, found.lunar_day


def lunar_python(day):
    found = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return abs(found.getMonth()), found.getDay()


def by_sxtwl(day):
    found = sxtwl.fromSolar(day.year, day.month, day.day)
    return found.getLunarMonth(), found.getLunarDay()


TABLES = {"lunardate": lunardate, "borax": borax, "zhdate": zhdate, "lunar_python": lunar_python, "sxtwl": by_sxtwl}
runs = []
day, end = datetime.date(1901, 2, 19), datetime.date(2099, 12, 31)
while day < end:
    answers = {name: table(day) for name, table in TABLES.items()}
    # The largest group is shown as the usual answer.
    usual = max(answers.values(), key=list(answers.values()).count)
    other = tuple(name for name, answer in answers.items() if answer != usual)
    if other and (not runs or runs[-1][0] != other or runs[-1][2] + datetime.timedelta(1) != day):
        runs.append([other, day, day])
    elif other:
        runs[-1][2] = day
    day += datetime.timedelta(1)
for other, first, last in runs:
    print(f"{first} – {last}: {', '.join(other)} differ")
assert [(other, str(first), str(last)) for other, first, last in runs] == [
    (("lunardate",), "1933-07-22", "1933-08-20"),
    (("lunardate",), "1954-11-25", "1954-12-24"),
    (("lunardate",), "1978-09-02", "1978-10-01"),
    (("borax", "lunar_python"), "2057-09-28", "2057-10-27"),
    (("borax",), "2089-09-04", "2089-10-03"),
    (("borax",), "2097-08-07", "2097-09-05"),
]
PY
v/bin/python look.py
