//! Rows of an uploaded file: CSV as it comes, workbooks by calamine, which knows the date formats of Chinese Excel.

use crate::import::{Encoding, decoded};
use calamine::{Data, Dimensions, Range, Reader, SheetType, SheetVisible, Sheets, open_workbook_auto_from_rs};
use cardea_domain::named;
use cardea_domain::sheet::{Cell, Epoch};
use std::collections::HashMap;
use std::io::{self, Cursor, Read};

named! {
/// What kind of file it is, by its content.
pub enum FileFormat {
    Csv = "csv",
    Xlsx = "xlsx",
    Xls = "xls",
}
}

impl FileFormat {
    /// By the first bytes; None for what is no table.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        match bytes {
            _ if bytes.starts_with(b"PK\x03\x04") => Some(FileFormat::Xlsx),
            _ if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) => Some(FileFormat::Xls),
            _ if !utf16 && bytes.iter().take(4096).any(|b| *b == 0) => None,
            _ => Some(FileFormat::Csv),
        }
    }
}

/// What is looked at to find the separator.
const SAMPLE: u64 = 1 << 14;

type Rows = Box<dyn Iterator<Item = io::Result<Vec<Cell>>>>;

/// An open table.
pub(crate) struct Table {
    pub rows: Rows,
    pub epoch: Epoch,
    /// Of a CSV file.
    pub encoding: Option<Encoding>,
}

/// Opens a file.
pub(crate) fn open(mut bytes: Box<dyn Read + Send>, format: FileFormat, told: Option<Encoding>) -> io::Result<Table> {
    if format == FileFormat::Csv {
        return csv(bytes, told);
    }
    let mut whole = Vec::new();
    bytes.read_to_end(&mut whole)?;
    workbook(whole).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))
}

/// The first sheet that is shown and has anything in it.
fn workbook(whole: Vec<u8>) -> Result<Table, calamine::Error> {
    let mut book = open_workbook_auto_from_rs(Cursor::new(whole))?;
    let sheets = book.sheets_metadata().iter();
    let shown: Vec<String> = sheets
        .filter(|sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet)
        .map(|sheet| sheet.name.clone())
        .collect();
    let mut found = (Range::default(), Vec::new());
    for name in shown {
        let range = book.worksheet_range(&name)?;
        if !range.is_empty() {
            let merged = match &mut book {
                Sheets::Xls(book) => book.merge_cells_by_sheet_name(&name)?,
                Sheets::Xlsx(book) => book.merge_cells_by_sheet_name(&name)?,
                _ => Vec::new(),
            };
            found = (range, merged);
            break;
        }
    }
    let later = match &book {
        Sheets::Xls(book) => book.has_1904_epoch(),
        Sheets::Xlsx(book) => book.has_1904_epoch(),
        Sheets::Xlsb(book) => book.has_1904_epoch(),
        Sheets::Ods(_) => false,
    };
    Ok(Table {
        rows: sheet(found.0, &found.1),
        epoch: if later { Epoch::Y1904 } else { Epoch::Y1900 },
        encoding: None,
    })
}

/// Rows from the sheet's first, whether anything is in it or not. A cell that spans several rows says its text in each.
fn sheet(range: Range<Data>, merged: &[Dimensions]) -> Rows {
    let Some((last, right)) = range.end() else {
        return Box::new(std::iter::empty());
    };
    let mut spanned = HashMap::new();
    for region in merged {
        let (top, column) = region.start;
        spanned.extend((top + 1..=region.end.0.min(last)).map(|row| ((row, column), top)));
    }
    let rows = (0..=last).map(move |row| {
        let own = |column| range.get_value((row, column)).map_or(Cell::Empty, read);
        let mut cells: Vec<Cell> = (0..=right).map(own).collect();
        // A row without anything of its own is none.
        if !cells.iter().all(Cell::is_empty) {
            for (column, cell) in (0..).zip(&mut cells) {
                if let Some(top) = spanned.get(&(row, column)) {
                    *cell = range.get_value((*top, column)).map_or(Cell::Empty, read);
                }
            }
        }
        Ok(cells)
    });
    Box::new(rows)
}

fn read(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::Int(number) => Cell::Number(number.to_string()),
        // The value, not what the cell shows of it.
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e21 => Cell::Number(format!("{number:.0}")),
        Data::Float(number) => Cell::Number(number.to_string()),
        Data::DateTime(day) if day.is_datetime() => Cell::Date(day.as_f64().floor() as i64),
        Data::DateTime(time) => Cell::Number(time.as_f64().to_string()),
        Data::Bool(flag) => Cell::Text(flag.to_string()),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Text(text.clone()),
        Data::Error(error) => Cell::Text(error.to_string()),
    }
}

/// Comma, semicolon or tab: whichever stands most often in the first line.
fn separator(sample: &[u8]) -> u8 {
    let line = sample.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |separator: u8| line.iter().filter(|b| **b == separator).count();
    let found = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|separator| (count(*separator), *separator == b','));
    found.unwrap_or(b',')
}

fn csv(bytes: Box<dyn Read + Send>, told: Option<Encoding>) -> io::Result<Table> {
    let (encoding, mut text) = decoded(bytes, told)?;
    let mut sample = Vec::new();
    text.by_ref().take(SAMPLE).read_to_end(&mut sample)?;
    let delimiter = separator(&sample);
    let whole = Cursor::new(sample).chain(text);
    let reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(whole);
    let latin = encoding == Encoding::Latin1;
    let rows = reader.into_byte_records().enumerate().map(move |(at, record)| {
        let record = record.map_err(io::Error::other)?;
        let text = |bytes: &[u8]| match latin {
            true => bytes.iter().map(|b| char::from(*b)).collect(),
            false => String::from_utf8_lossy(bytes).into_owned(),
        };
        let cell = |(column, bytes): (usize, &[u8])| {
            let text = text(bytes);
            let text = match text.strip_prefix('\u{feff}') {
                Some(rest) if at == 0 && column == 0 => rest.to_owned(),
                _ => text,
            };
            // The apostrophe with which exports keep a spreadsheet from reading a formula.
            let guarded = text
                .strip_prefix('\'')
                .filter(|rest| rest.starts_with(['=', '+', '-', '@']));
            let text = guarded.map_or_else(|| text.clone(), ToOwned::to_owned);
            if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
        };
        Ok(record.iter().enumerate().map(cell).collect())
    });
    Ok(Table {
        rows: Box::new(rows),
        epoch: Epoch::Y1900,
        encoding: Some(encoding),
    })
}
