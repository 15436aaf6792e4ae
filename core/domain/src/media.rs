//! What a file is, by its content: a name or a header proves nothing.

named! {
/// Kinds of files that are kept.
pub enum MediaType {
    Jpeg = "image/jpeg",
    Png = "image/png",
    Webp = "image/webp",
    Pdf = "application/pdf",
    Document = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Slides = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
}

impl MediaType {
    pub fn is_image(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp)
    }

    /// What names of such files end with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
            Self::Document => "docx",
            Self::Sheet => "xlsx",
            Self::Slides => "pptx",
        }
    }
}

/// What these bytes are; None: nothing that is kept. Office files with macros aren't.
pub fn detect(bytes: &[u8]) -> Option<MediaType> {
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Some(MediaType::Jpeg);
    }
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(MediaType::Png);
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(MediaType::Webp);
    }
    if bytes.starts_with(b"%PDF-") {
        return Some(MediaType::Pdf);
    }
    bytes.starts_with(b"PK\x03\x04").then(|| office(bytes)).flatten()
}

fn office(bytes: &[u8]) -> Option<MediaType> {
    let names = entries(bytes)?;
    let holds = |name: &str| names.contains(&name.as_bytes());
    let active = |name: &&[u8]| {
        let name = name.to_ascii_lowercase();
        [b"vbaproject.bin".as_slice(), b".exe", b".js", b".vbs"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    if !holds("[Content_Types].xml") || names.iter().any(active) {
        return None;
    }
    [
        ("word/document.xml", MediaType::Document),
        ("xl/workbook.xml", MediaType::Sheet),
        ("ppt/presentation.xml", MediaType::Slides),
    ]
    .into_iter()
    .find_map(|(part, kind)| holds(part).then_some(kind))
}

/// Names in a ZIP file's own list, which stands at its end.
fn entries(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    const MOST: usize = 10_000;
    let number = |at: usize, length: usize| -> Option<usize> {
        let digits = bytes.get(at..at.checked_add(length)?)?;
        Some(digits.iter().rev().fold(0, |sum, digit| sum << 8 | usize::from(*digit)))
    };
    let from = bytes.len().saturating_sub(22 + 0xFFFF);
    let end = from + bytes.get(from..)?.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let (count, mut at) = (number(end + 10, 2)?, number(end + 16, 4)?);
    let mut names = Vec::new();
    for _ in 0..count.min(MOST) {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let (name, extra, comment) = (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        names.push(bytes.get(at + 46..at + 46 + name)?);
        at += 46 + name + extra + comment;
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ZIP file with empty entries of these names.
    fn zip(names: &[&str]) -> Vec<u8> {
        let (mut file, mut list) = (Vec::new(), Vec::new());
        for name in names {
            let length = u16::try_from(name.len()).expect("short").to_le_bytes();
            file.extend([b"PK\x03\x04".as_slice(), &[0; 22], &length, &[0; 2], name.as_bytes()].concat());
            list.extend([b"PK\x01\x02".as_slice(), &[0; 24], &length, &[0; 16], name.as_bytes()].concat());
        }
        let (at, count) = (u32::try_from(file.len()).expect("short"), names.len().to_le_bytes());
        let end = [
            b"PK\x05\x06".as_slice(),
            &[0; 6],
            &count[..2],
            &[0; 4],
            &at.to_le_bytes(),
            &[0; 2],
        ];
        [file, list, end.concat()].concat()
    }

    #[test]
    fn d_arc_1_a_file_is_what_its_content_is() {
        assert_eq!(detect(b"\xFF\xD8\xFF\xE0JFIF"), Some(MediaType::Jpeg));
        assert_eq!(detect(b"\x89PNG\r\n\x1a\n..."), Some(MediaType::Png));
        assert_eq!(detect(b"RIFF\0\0\0\0WEBPVP8 "), Some(MediaType::Webp));
        assert_eq!(detect(b"%PDF-1.7\n"), Some(MediaType::Pdf));
        let parts = ["[Content_Types].xml", "word/document.xml"];
        assert_eq!(detect(&zip(&parts)), Some(MediaType::Document));
        assert_eq!(
            detect(&zip(&["[Content_Types].xml", "xl/workbook.xml"])),
            Some(MediaType::Sheet)
        );
        let slides = zip(&["[Content_Types].xml", "ppt/presentation.xml"]);
        assert_eq!(detect(&slides), Some(MediaType::Slides));
        for nothing in [
            b"".as_slice(),
            b"<html><script>alert(1)</script>",
            b"<svg xmlns='http://www.w3.org/2000/svg'>",
            b"MZ\x90\0",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
            b"PK\x03\x04 cut off",
            &zip(&["a.txt"]),
            &zip(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]),
        ] {
            assert_eq!(detect(nothing), None, "{nothing:?}");
        }
    }
}
