//! All that the typesetter may see: our templates, one sheet, our fonts.

use std::collections::HashSet;
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

/// The same for all sheets, made at the first.
struct Shop {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    contract: Source,
    labels: Source,
    sheet: FileId,
}

static SHOP: LazyLock<Shop> = LazyLock::new(|| {
    let files: [&'static [u8]; 7] = [
        include_bytes!("../fonts/latin.otf"),
        include_bytes!("../fonts/latin-bold.otf"),
        include_bytes!("../fonts/song.otf"),
        include_bytes!("../fonts/hei-bold.otf"),
        include_bytes!("../fonts/european.ttf"),
        include_bytes!("../fonts/european-bold.ttf"),
        include_bytes!("../fonts/ticks.ttf"),
    ];
    let fonts: Vec<Font> = files
        .into_iter()
        .flat_map(|file| Font::iter(Bytes::new(file)))
        .collect();
    Shop {
        library: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&fonts)),
        fonts,
        contract: Source::new(id("sheet.typ"), include_str!("sheet.typ").into()),
        labels: Source::new(id("labels.typ"), include_str!("labels.typ").into()),
        sheet: id("sheet.json"),
    }
});

fn id(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a name of ours is a path");
    RootedPath::new(VirtualRoot::Project, path).intern()
}

/// What the fonts have together.
static CHARACTERS: LazyLock<HashSet<u32>> =
    LazyLock::new(|| SHOP.fonts.iter().flat_map(|font| font.info().coverage.iter()).collect());

/// Whether one of the fonts has a character.
pub fn has(c: char) -> bool {
    CHARACTERS.contains(&u32::from(c))
}

/// What is seen while one sheet is set.
pub struct Desk {
    template: &'static Source,
    sheet: Bytes,
}

impl Desk {
    pub fn contract(sheet: Vec<u8>) -> Self {
        let (template, sheet) = (&SHOP.contract, Bytes::new(sheet));
        Self { template, sheet }
    }

    pub fn labels(sheet: Vec<u8>) -> Self {
        let (template, sheet) = (&SHOP.labels, Bytes::new(sheet));
        Self { template, sheet }
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &SHOP.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &SHOP.book
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() {
            return Ok(self.template.clone());
        }
        Err(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == SHOP.sheet {
            return Ok(self.sheet.clone());
        }
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        SHOP.fonts.get(index).cloned()
    }

    /// A sheet says its dates itself; the day it is printed on must not change its bytes.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
