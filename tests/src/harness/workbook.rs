//! Workbooks as a Chinese Excel writes them, made by hand: what libraries would tidy up is left as it is.

use std::fmt::Write;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// A cell as it is stored.
#[derive(Clone, Debug)]
pub enum Stored {
    Empty,
    Text(&'static str),
    /// In the general format.
    Number(&'static str),
    /// In the built-in format of this number.
    Formatted(&'static str, u32),
}

/// An XLSX file of one sheet; `from_1904` counts days as a Mac once did; `merged` are regions like `A1:B2`.
pub fn xlsx(rows: &[Vec<Stored>], from_1904: bool, merged: &[&str]) -> Vec<u8> {
    let mut formats = vec![0];
    let mut lines = String::new();
    for (at, row) in (1..).zip(rows) {
        write!(lines, "<row r=\"{at}\">").expect("written");
        for (column, cell) in ('A'..).zip(row) {
            let place = format!("{column}{at}");
            match cell {
                Stored::Empty => {}
                Stored::Text(text) => {
                    write!(lines, "<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>").expect("written")
                }
                Stored::Number(number) => write!(lines, "<c r=\"{place}\"><v>{number}</v></c>").expect("written"),
                Stored::Formatted(number, format) => {
                    formats.push(*format);
                    write!(
                        lines,
                        "<c r=\"{place}\" s=\"{}\"><v>{number}</v></c>",
                        formats.len() - 1
                    )
                    .expect("written");
                }
            }
        }
        lines.push_str("</row>");
    }
    let merged = match merged {
        [] => String::new(),
        some => format!(
            "<mergeCells><mergeCell ref=\"{}\"/></mergeCells>",
            some.join("\"/><mergeCell ref=\"")
        ),
    };
    let sheet = format!("<sheetData>{lines}</sheetData>{merged}");
    zip(&parts(&sheet, &formats, from_1904))
}

/// The files of a workbook.
fn parts(sheet: &str, formats: &[u32], from_1904: bool) -> [(&'static str, String); 6] {
    let styles: String = formats
        .iter()
        .map(|format| format!("<xf numFmtId=\"{format}\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>"))
        .collect();
    let epoch = if from_1904 { "<workbookPr date1904=\"1\"/>" } else { "" };
    let relation = |id: u32, kind: &str, target: &str| {
        format!("<Relationship Id=\"r{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>")
    };
    let part =
        |name: &str, kind: &str| format!("<Override PartName=\"/xl/{name}.xml\" ContentType=\"{TYPE}.{kind}+xml\"/>");
    [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>{}{}{}</Types>",
                part("workbook", "sheet.main"),
                part("worksheets/sheet1", "worksheet"),
                part("styles", "styles")
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\">{}</Relationships>",
                relation(1, "officeDocument", "xl/workbook.xml")
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">{epoch}<sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\">{}{}</Relationships>",
                relation(1, "worksheet", "worksheets/sheet1.xml"),
                relation(2, "styles", "styles.xml")
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{MAIN}\"><fonts count=\"1\"><font><sz val=\"11\"/></font></fonts><fills count=\"1\"><fill><patternFill patternType=\"none\"/></fill></fills><borders count=\"1\"><border/></borders><cellStyleXfs count=\"1\"><xf numFmtId=\"0\"/></cellStyleXfs><cellXfs count=\"{}\">{styles}</cellXfs></styleSheet>",
                formats.len()
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{MAIN}\">{sheet}</worksheet>"),
        ),
    ]
}

/// The checksum of ZIP.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    };
    !bytes.iter().fold(!0, step)
}

/// A ZIP file whose parts are stored as they are.
fn zip(parts: &[(&str, String)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in parts {
        let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}");
        let size = (text.len() as u32).to_le_bytes();
        let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        head.extend(crc32(text.as_bytes()).to_le_bytes());
        head.extend([size, size].concat());
        head.extend((name.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend((file.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        file.extend(b"PK\x03\x04");
        file.extend(&head);
        file.extend(name.as_bytes());
        file.extend(text.as_bytes());
    }
    let (count, start) = ((parts.len() as u16).to_le_bytes(), (file.len() as u32).to_le_bytes());
    let length = (directory.len() as u32).to_le_bytes();
    file.extend(directory);
    file.extend(b"PK\x05\x06\x00\x00\x00\x00");
    file.extend([count, count].concat());
    file.extend([length, start].concat());
    file.extend([0, 0]);
    file
}
