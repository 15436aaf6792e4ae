//! A file's bytes: `.csv`, or `.csv.xz` unpacked while it is read; hashed and decoded on the way.

use super::mapping::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

/// What is read at once.
const CHUNK: usize = 1 << 16;

/// An open file: its text, and what it was written in.
pub struct Source {
    /// UTF-8 without a byte order mark; Latin-1 as it is.
    pub bytes: Box<dyn Read + Send>,
    pub encoding: Encoding,
    pub hash: Hash,
}

/// Opens a file.
pub fn open(path: &Path, encoding: Option<Encoding>) -> std::io::Result<Source> {
    let hash = Hash(Arc::new(Mutex::new((File::open(path)?, Sha256::new()))));
    let file = BufReader::with_capacity(CHUNK, hash.clone());
    let bytes: Box<dyn Read + Send> = match path.extension().and_then(|e| e.to_str()) {
        Some("xz") => Box::new(BufReader::with_capacity(
            CHUNK,
            liblzma::read::XzDecoder::new_multi_decoder(file),
        )),
        _ => Box::new(file),
    };
    let (encoding, bytes) = decoded(bytes, encoding)?;
    Ok(Source { bytes, encoding, hash })
}

/// A file that is hashed while it is read.
#[derive(Clone)]
pub struct Hash(Arc<Mutex<(File, Sha256)>>);

impl Read for Hash {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let (file, hasher) = &mut *self.0.lock();
        let read = file.read(buffer)?;
        hasher.update(&buffer[..read]);
        Ok(read)
    }
}

impl Hash {
    /// SHA-256 of all of the file's bytes; reads those that nobody has read.
    pub fn finish(mut self) -> std::io::Result<[u8; 32]> {
        std::io::copy(&mut self, &mut std::io::sink())?;
        let hasher = self.0.lock().1.clone();
        Ok(hasher.finalize().into())
    }
}

/// Enough of a file to tell what it is written in.
const SAMPLE: u64 = 1 << 16;

/// The file's bytes in UTF-8 (Latin-1 as it is), and what they were written in.
pub(crate) fn decoded(
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
