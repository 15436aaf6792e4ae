//! A file's bytes: `.csv`, or `.csv.xz` unpacked while it is read, hashed and counted on the way.

use super::ImportError;
use super::mapping::{Encoding, FileFormat, Mapping};
use encoding_rs_io::DecodeReaderBytesBuilder;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Records of a file, one at a time.
pub struct Records {
    reader: csv::Reader<Box<dyn Read + Send>>,
    record: csv::ByteRecord,
    columns: HashMap<String, usize>,
    width: usize,
    encoding: Encoding,
}

/// One record: its line in the file, and its fields by column name.
pub struct Record<'a> {
    pub line: u64,
    source: &'a Records,
}

impl Records {
    /// Opens a file and reads its header; a column that the mapping names and the file lacks is an error.
    pub fn open(path: &Path, mapping: &Mapping) -> Result<Self, ImportError> {
        let file = BufReader::with_capacity(1 << 16, File::open(path).map_err(|e| ImportError::file(path, e))?);
        let bytes: Box<dyn Read + Send> = match path.extension().and_then(|e| e.to_str()) {
            Some("xz") => Box::new(BufReader::with_capacity(
                1 << 16,
                liblzma::read::XzDecoder::new_multi_decoder(file),
            )),
            _ => Box::new(file),
        };
        let encoding = mapping.file.encoding;
        let (encoding, bytes) = decoded(bytes, encoding).map_err(|e| ImportError::file(path, e))?;
        let records = Self::read(bytes, &mapping.file, encoding).map_err(|e| ImportError::file(path, e))?;
        match mapping
            .columns()
            .into_iter()
            .find(|c| !records.columns.contains_key(*c))
        {
            Some(missing) => Err(ImportError::Mapping(format!("the file has no column `{missing}`"))),
            None => Ok(records),
        }
    }

    fn read(bytes: Box<dyn Read + Send>, format: &FileFormat, encoding: Encoding) -> Result<Self, csv::Error> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(u8::try_from(format.delimiter).unwrap_or(b','))
            .flexible(true)
            .has_headers(true)
            .from_reader(bytes);
        let headers = reader.byte_headers()?.clone();
        let mut columns = HashMap::new();
        for (at, name) in headers.iter().enumerate() {
            let name = name.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(name);
            columns
                .entry(String::from_utf8_lossy(name).trim().to_owned())
                .or_insert(at);
        }
        let width = headers.len();
        Ok(Self {
            reader,
            record: csv::ByteRecord::new(),
            columns,
            width,
            encoding,
        })
    }

    /// The next record, or None at the end.
    pub fn next(&mut self) -> Result<Option<Record<'_>>, csv::Error> {
        if !self.reader.read_byte_record(&mut self.record)? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        Ok(Some(Record { line, source: self }))
    }
}

/// Enough of a file to tell what it is written in.
const SAMPLE: u64 = 1 << 16;

/// The file's bytes in UTF-8 (Latin-1 as it is), and what they were written in.
fn decoded(
    mut bytes: Box<dyn Read + Send>,
    encoding: Option<Encoding>,
) -> std::io::Result<(Encoding, Box<dyn Read + Send>)> {
    let mut sample = Vec::new();
    bytes.by_ref().take(SAMPLE).read_to_end(&mut sample)?;
    let encoding = encoding.unwrap_or_else(|| guess(&sample));
    let whole = std::io::Cursor::new(sample).chain(bytes);
    let from = match encoding {
        Encoding::Utf8 | Encoding::Latin1 => return Ok((encoding, Box::new(whole))),
        Encoding::Gb18030 => encoding_rs::GB18030,
        Encoding::Utf16 => encoding_rs::UTF_16LE,
    };
    let reader = DecodeReaderBytesBuilder::new()
        .encoding(Some(from))
        .bom_override(encoding == Encoding::Utf16)
        .build(whole);
    Ok((encoding, Box::new(BufReader::with_capacity(1 << 16, reader))))
}

/// UTF-16 has a byte order mark; what is no UTF-8 but reads as Chinese throughout is Chinese.
fn guess(sample: &[u8]) -> Encoding {
    if sample.starts_with(&[0xff, 0xfe]) || sample.starts_with(&[0xfe, 0xff]) {
        return Encoding::Utf16;
    }
    // The sample may end within a character, never within a line's end.
    let lines = sample
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(sample, |end| &sample[..end]);
    let chinese = || encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(lines);
    if std::str::from_utf8(lines).is_err() && chinese().is_some() {
        return Encoding::Gb18030;
    }
    Encoding::Utf8
}

impl Record<'_> {
    /// Whether it has as many fields as the header.
    pub fn complete(&self) -> bool {
        self.source.record.len() == self.source.width
    }

    /// A field without surrounding blanks; empty where `NA`, `NULL` or nothing stands. None if it is no text.
    pub fn field(&self, column: &str) -> Option<String> {
        let at = self.source.columns.get(column)?;
        let bytes = self.source.record.get(*at).unwrap_or_default();
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

impl Mapping {
    /// Every column that the mapping reads.
    fn columns(&self) -> Vec<&str> {
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
        columns.into_iter().map(String::as_str).collect()
    }
}

/// SHA-256 of a file's bytes, by which an interrupted import finds where it was.
pub fn hash(path: &Path) -> Result<[u8; 32], ImportError> {
    let mut file = File::open(path).map_err(|e| ImportError::file(path, e))?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher).map_err(|e| ImportError::file(path, e))?;
    Ok(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "商品,数量\n玫瑰精华露,2\n";

    fn read(bytes: &[u8], encoding: Option<Encoding>) -> (Encoding, String) {
        let (encoding, mut reader) = decoded(Box::new(std::io::Cursor::new(bytes.to_vec())), encoding).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        (encoding, text.trim_start_matches('\u{feff}').to_owned())
    }

    #[test]
    fn i4_a_file_is_read_as_chinese_excel_saves_it() {
        let (gbk, _, _) = encoding_rs::GBK.encode(TEXT);
        let utf16 = |mark: char, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let text = format!("{mark}{TEXT}");
            text.encode_utf16().flat_map(bytes).collect()
        };
        assert_eq!(read(&gbk, None), (Encoding::Gb18030, TEXT.into()));
        assert_eq!(read(&gbk, Some(Encoding::Gb18030)).1, TEXT);
        for bytes in [utf16('\u{feff}', u16::to_le_bytes), utf16('\u{feff}', u16::to_be_bytes)] {
            assert_eq!(read(&bytes, None), (Encoding::Utf16, TEXT.into()));
        }
        assert_eq!(read(TEXT.as_bytes(), None), (Encoding::Utf8, TEXT.into()));
        assert_eq!(read(format!("\u{feff}{TEXT}").as_bytes(), None).1, TEXT);
        assert_eq!(guess(b"caf\xe9,1\n"), Encoding::Utf8, "no Chinese: its rows are listed");
    }
}
