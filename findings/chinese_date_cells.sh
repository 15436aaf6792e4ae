#!/usr/bin/env bash
# Dates in workbooks that a Chinese Excel wrote.
#
# Guess: a cell that such an Excel shows as 2024年1月1日 is read as a date by any reader of XLSX, as one in the format of 14
#        (the short date) is.
# Seen (python-calamine 0.5.3, openpyxl 3.1.5): the East Asian built-in formats 27–36 and 50–58 have no entry in the
#        workbook's styles (ECMA-376 part 1, 18.8.30 lists them by language), and both readers give the bare number
#        45292 for each of them. 14, 45 and 47, built in everywhere, are dates. Nothing tells such a birthday from an amount:
#        an importer has to look at the format's number itself.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv v
v/bin/pip -q install python-calamine==0.5.3 openpyxl==3.1.5
cat >look.py <<'PY'
import datetime
import warnings
import zipfile

import openpyxl
from python_calamine import CalamineWorkbook

warnings.simplefilter("ignore")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
EAST_ASIAN = [*range(27, 37), *range(50, 59)]
FORMATS = [14, 45, 47, *EAST_ASIAN]


def workbook(path):
    styles = "".join(f'<xf numFmtId="{f}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' for f in [0, *FORMATS])
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="{n}"><v>45292</v></c></row>' for n in range(1, len(FORMATS) + 1))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Sheet1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font><sz val="11"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="0"/></cellStyleXfs><cellXfs count="{len(FORMATS) + 1}">{styles}</cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, text in parts.items():
            file.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)


workbook("dates.xlsx")
calamine = [row[0] for row in CalamineWorkbook.from_path("dates.xlsx").get_sheet_by_index(0).to_python()]
opened = [cell.value for cell in openpyxl.load_workbook("dates.xlsx").active["A"]]
for number, a, b in zip(FORMATS, calamine, opened):
    print(f"format {number}: calamine {a!r}, openpyxl {b!r}")
    east_asian = number in EAST_ASIAN
    assert isinstance(a, datetime.date) != east_asian, "calamine"
    assert isinstance(b, datetime.date) != east_asian, "openpyxl"
    assert not east_asian or (a, b) == (45292.0, 45292), "the bare number"
PY
v/bin/python look.py
