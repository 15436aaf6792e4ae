//! Tables that people open in a spreadsheet, written as they are read, so that no length fills the memory.

use crate::error::{Error, Result};
use cardea_domain::named;
use serde_json::{Map, Value};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

named! {
/// What a table is written as.
#[derive(Default)]
pub enum SheetFormat {
    /// In UTF-8, with a mark that spreadsheets know it by.
    #[default]
    Csv = "csv",
    Xlsx = "xlsx",
    /// A list of objects.
    Json = "json",
}
}

impl SheetFormat {
    pub fn media_type(self) -> &'static str {
        match self {
            SheetFormat::Csv => "text/csv; charset=utf-8",
            SheetFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            SheetFormat::Json => "application/json",
        }
    }
}

/// A value of a table. Most are texts, phones too: no spreadsheet computes with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    #[default]
    Nothing,
    Text(String),
    List(Vec<String>),
    /// A figure that a spreadsheet adds up: digits with a sign and a decimal point where there is one.
    Number(String),
}

impl Shown {
    /// As one text.
    pub fn told(&self) -> String {
        match self {
            Shown::Nothing => String::new(),
            Shown::Text(text) | Shown::Number(text) => text.clone(),
            Shown::List(items) => items.join("、"),
        }
    }

    fn value(&self) -> Value {
        match self {
            Shown::Nothing => Value::Null,
            Shown::Text(text) => text.clone().into(),
            Shown::List(items) => items.clone().into(),
            // Decimals stay exact as texts.
            Shown::Number(text) => text.parse::<i64>().map_or_else(|_| text.clone().into(), Value::from),
        }
    }

    /// In a line of CSV.
    fn in_csv(&self) -> String {
        match self {
            Shown::Number(text) => text.clone(),
            other => cell(&other.told()),
        }
    }

    /// In a workbook.
    fn in_book(&self) -> String {
        match self {
            Shown::Number(text) => format!("<c><v>{text}</v></c>"),
            other => inline(&other.told()),
        }
    }
}

impl From<i64> for Shown {
    fn from(figure: i64) -> Self {
        Shown::Number(figure.to_string())
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        if text.is_empty() {
            Shown::Nothing
        } else {
            Shown::Text(text)
        }
    }
}

/// Under which name a column stands in JSON, and over it in tables.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub name: String,
    pub label: String,
}

/// A cell that no spreadsheet takes for a formula or a number: texts that begin like one get an apostrophe.
pub(crate) fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if formula { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// Adds a line of CSV.
pub(crate) fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    joined(text, cells.into_iter().map(|text| cell(&text)));
}

fn joined(text: &mut String, cells: impl Iterator<Item = String>) {
    text.push_str(&cells.collect::<Vec<_>>().join(","));
    text.push_str("\r\n");
}

/// Bytes that were written and not taken yet.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Form {
    Csv(String),
    Json { text: String, rows: bool },
    Xlsx(Box<ZipWriter<StreamWriter<Written>>>, Written),
}

/// A table on its way out.
pub(crate) struct SheetFile {
    columns: Vec<Column>,
    form: Form,
}

impl SheetFile {
    /// Begins with the columns' titles.
    pub fn begin(format: SheetFormat, columns: Vec<Column>) -> Result<Self> {
        let titles: Vec<Shown> = columns.iter().map(|column| column.label.clone().into()).collect();
        let form = match format {
            SheetFormat::Csv => Form::Csv(String::from('\u{feff}')),
            SheetFormat::Json => Form::Json {
                text: "[".into(),
                rows: false,
            },
            SheetFormat::Xlsx => {
                let written = Written::default();
                let mut zip = ZipWriter::new_stream(written.clone());
                book(&mut zip).map_err(Error::internal)?;
                Form::Xlsx(Box::new(zip), written)
            }
        };
        let mut file = Self { columns, form };
        if format != SheetFormat::Json {
            file.row(&titles)?;
        }
        Ok(file)
    }

    pub fn row(&mut self, cells: &[Shown]) -> Result<()> {
        match &mut self.form {
            Form::Csv(text) => joined(text, cells.iter().map(Shown::in_csv)),
            Form::Json { text, rows } => {
                let named = self.columns.iter().zip(cells);
                let object: Map<String, Value> = named
                    .map(|(column, cell)| (column.name.clone(), cell.value()))
                    .collect();
                text.push_str(if *rows { ",\n" } else { "\n" });
                text.push_str(&serde_json::to_string(&object)?);
                *rows = true;
            }
            Form::Xlsx(zip, _) => {
                let cells: String = cells.iter().map(Shown::in_book).collect();
                write!(zip, "<row>{cells}</row>").map_err(Error::internal)?;
            }
        }
        Ok(())
    }

    /// What was written since.
    pub fn take(&mut self) -> Vec<u8> {
        match &mut self.form {
            Form::Csv(text) | Form::Json { text, .. } => std::mem::take(text).into_bytes(),
            Form::Xlsx(_, written) => written.take(),
        }
    }

    /// The rest.
    pub fn end(self) -> Result<Vec<u8>> {
        match self.form {
            Form::Csv(text) => Ok(text.into_bytes()),
            Form::Json { text, .. } => Ok((text + "\n]\n").into_bytes()),
            Form::Xlsx(mut zip, written) => {
                write!(zip, "</sheetData></worksheet>").map_err(Error::internal)?;
                zip.finish().map_err(Error::internal)?;
                Ok(written.take())
            }
        }
    }
}

/// A text that stands in its cell: never a formula.
fn inline(text: &str) -> String {
    if text.is_empty() {
        return "<c/>".into();
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // XML has no others.
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => escaped.push(c),
        }
    }
    format!("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{escaped}</t></is></c>")
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/// A workbook of one sheet, up to its first row.
fn book<W: Write>(zip: &mut ZipWriter<StreamWriter<W>>) -> zip::result::ZipResult<()> {
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"{PACKAGE}/content-types\">\
                <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
                <Override PartName=\"/xl/workbook.xml\" ContentType=\"{KIND}.sheet.main+xml\"/>\
                <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{KIND}.worksheet+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\">\
                <Relationship Id=\"r1\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\">\
                <sheets><sheet name=\"Cardea\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\">\
                <Relationship Id=\"r1\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{MAIN}\"><sheetData>"),
        ),
    ];
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default())?;
        write!(zip, "{HEAD}{text}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Shown, cell, inline};

    #[test]
    fn a_figure_is_a_number_that_spreadsheets_add_up() {
        let owed = Shown::from(-5);
        assert_eq!(
            (owed.in_csv(), owed.in_book()),
            ("-5".into(), "<c><v>-5</v></c>".into())
        );
        let price = Shown::Number("12.50".into());
        assert_eq!((owed.value(), price.value()), ((-5).into(), "12.50".into()));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+86 138", "'+86 138"),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("王芳", "王芳"),
        ] {
            assert_eq!(cell(text), written);
        }
        assert_eq!(
            inline("=1+1 <\u{8}&"),
            "<c t=\"inlineStr\"><is><t xml:space=\"preserve\">=1+1 &lt;&amp;</t></is></c>"
        );
    }
}
