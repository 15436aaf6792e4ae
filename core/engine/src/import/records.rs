//! Rows of a file and their fields: with delimiters and quotes, or in columns aligned by blanks.

use super::ImportError;
use super::column::{Column, ROW};
use super::mapping::{Delimiter, Encoding, FileFormat, Mapping};
use super::source::{self, Hash};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Rows of a file, one at a time.
pub struct Records {
    reader: Reader,
    /// The one that was read last.
    record: csv::ByteRecord,
    /// It was read to learn how many columns there are, and is still to be handed out.
    waiting: bool,
    columns: HashMap<String, usize>,
    width: usize,
    encoding: Encoding,
    row: u64,
    hash: Hash,
}

/// One row.
pub struct Record<'a> {
    /// In the file, from 1.
    pub line: u64,
    source: &'a Records,
}

impl Records {
    /// Opens a file and reads its header; a column that the mapping names and the file lacks is an error.
    pub fn open(path: &Path, mapping: &Mapping) -> Result<Self, ImportError> {
        let source = source::open(path, mapping.file.encoding).map_err(|e| ImportError::file(path, e))?;
        let mut records = Self {
            reader: Reader::new(source.bytes, &mapping.file),
            record: csv::ByteRecord::new(),
            waiting: false,
            columns: HashMap::new(),
            width: 0,
            encoding: source.encoding,
            row: 0,
            hash: source.hash,
        };
        let any = records
            .reader
            .read(&mut records.record)
            .map_err(|e| ImportError::file(path, e))?;
        records.width = records.record.len();
        if mapping.file.header {
            records.columns = header(&records.record);
        } else {
            records.waiting = any;
        }
        if any || mapping.file.header {
            let columns = mapping.columns();
            columns
                .into_iter()
                .try_for_each(|column| records.check(column, &mapping.file))?;
        }
        Ok(records)
    }

    fn check(&self, column: &Column, format: &FileFormat) -> Result<(), ImportError> {
        let why = match column {
            Column::Named(name) if name == ROW || self.columns.contains_key(name) => return Ok(()),
            Column::Named(name) if format.header => format!("the file has no column `{name}`"),
            Column::Named(name) => format!("without a header, `{name}` must be a position"),
            Column::At(position) if (1..=self.width).contains(position) => return Ok(()),
            Column::At(position) => format!("the file has {} columns and no column {position}", self.width),
            Column::Constant { .. } => return Ok(()),
        };
        Err(ImportError::Mapping(why))
    }

    /// The next row, or None at the end.
    pub fn next(&mut self) -> Result<Option<Record<'_>>, csv::Error> {
        if !std::mem::take(&mut self.waiting) && !self.reader.read(&mut self.record)? {
            return Ok(None);
        }
        self.row += 1;
        let line = self.record.position().map_or(0, csv::Position::line);
        Ok(Some(Record { line, source: self }))
    }

    /// SHA-256 of the file's bytes, by which an interrupted import finds where it was. Reads what is left of them.
    pub fn into_hash(self) -> std::io::Result<[u8; 32]> {
        self.hash.finish()
    }
}

/// Positions by name; of equal names the first.
fn header(record: &csv::ByteRecord) -> HashMap<String, usize> {
    let mut columns = HashMap::new();
    for (at, name) in record.iter().enumerate() {
        columns
            .entry(String::from_utf8_lossy(name).trim().to_owned())
            .or_insert(at);
    }
    columns
}

impl Record<'_> {
    /// Whether it has as many fields as the header, or as the first row.
    pub fn complete(&self) -> bool {
        self.source.record.len() == self.source.width
    }

    /// Whether this column's value is what stands there, even where the row has too many or too few fields: what went
    /// wrong went wrong behind it.
    pub fn reliable(&self, column: &Column) -> bool {
        self.complete() || self.position(column).is_none_or(|at| at == 0)
    }

    fn position(&self, column: &Column) -> Option<usize> {
        match column {
            Column::Named(name) => self.source.columns.get(name).copied(),
            Column::At(position) => position.checked_sub(1),
            Column::Constant { .. } => None,
        }
    }

    /// A value without surrounding blanks; empty where `NA`, `NULL` or nothing stands. None if it is no text.
    pub fn field(&self, column: &Column) -> Option<String> {
        let Some(at) = self.position(column) else {
            return match column {
                Column::Constant { constant } => Some(constant.clone()),
                _ => Some(self.source.row.to_string()),
            };
        };
        let bytes = self.source.record.get(at).unwrap_or_default();
        let text = match self.source.encoding {
            Encoding::Utf8 => std::str::from_utf8(bytes).ok()?.to_owned(),
            // In UTF-8 by now; what couldn't be read stands as U+FFFD.
            Encoding::Gb18030 | Encoding::Utf16 => {
                let text = std::str::from_utf8(bytes).ok()?;
                (!text.contains('\u{fffd}')).then(|| text.to_owned())?
            }
            Encoding::Latin1 => bytes.iter().map(|b| char::from(*b)).collect(),
        };
        match text.trim() {
            "NA" | "NULL" => Some(String::new()),
            trimmed => Some(trimmed.to_owned()),
        }
    }
}

type Bytes = Box<dyn Read + Send>;

enum Reader {
    Delimited(csv::Reader<Bytes>),
    Aligned(Aligned),
}

impl Reader {
    fn new(bytes: Bytes, format: &FileFormat) -> Self {
        match format.delimiter {
            Delimiter::Sign(sign) => {
                let mut reader = csv::ReaderBuilder::new();
                reader.delimiter(sign).flexible(true).has_headers(false);
                Self::Delimited(reader.from_reader(bytes))
            }
            Delimiter::Whitespace => Self::Aligned(Aligned {
                lines: BufReader::with_capacity(1 << 16, bytes),
                line: Vec::new(),
                number: 0,
            }),
        }
    }

    /// False at the end.
    fn read(&mut self, record: &mut csv::ByteRecord) -> Result<bool, csv::Error> {
        match self {
            Self::Delimited(reader) => reader.read_byte_record(record),
            Self::Aligned(reader) => Ok(reader.read(record)?),
        }
    }
}

/// Fields with any number of blanks between them.
struct Aligned {
    lines: BufReader<Bytes>,
    line: Vec<u8>,
    number: u64,
}

impl Aligned {
    fn read(&mut self, record: &mut csv::ByteRecord) -> std::io::Result<bool> {
        record.clear();
        while record.is_empty() {
            self.line.clear();
            if self.lines.read_until(b'\n', &mut self.line)? == 0 {
                return Ok(false);
            }
            self.number += 1;
            let line = self.line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.line);
            let fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
            fields.for_each(|field| record.push_field(field));
        }
        let mut position = csv::Position::new();
        position.set_line(self.number);
        record.set_position(Some(position));
        Ok(true)
    }
}

impl Mapping {
    /// Every column that the mapping reads.
    fn columns(&self) -> Vec<&Column> {
        let line = &self.line;
        let mut columns = vec![
            &self.time.column,
            &self.member.column,
            &self.bill.column,
            &line.sku,
            &line.quantity,
        ];
        columns.extend(&line.category);
        columns.extend(line.category_of.iter().map(|c| &c.column));
        columns.extend(line.thousandths.iter().map(|t| &t.column));
        for formula in [Some(&line.amount), line.list_amount.as_ref()].into_iter().flatten() {
            columns.extend(formula.add.iter().chain(&formula.subtract).chain(&formula.multiply));
        }
        columns.extend(&self.store.column);
        columns.extend(self.cancellation.iter().map(|c| &c.price));
        columns
    }
}
