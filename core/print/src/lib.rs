//! Prints a contract (D-CON-2) and labels of blank cards (D-CARD-2): PDFs that are the same for the same sheet, to the byte.
//!
//! Texts reach the typesetter as data, never as markup: nothing that somebody wrote is run. It reads no file, font or
//! clock of the machine; fonts are carried along (`fonts/README.md`).

mod code128;
mod labels;
mod limits;
mod prepare;
mod text;
mod world;

use cardea_domain::contract::print::Sheet;
use typst::diag::{SourceDiagnostic, Warned};
use typst::ecow::EcoVec;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

pub use labels::{MAX_LABELS, labels};
pub use limits::{MAX_CHARACTERS, MAX_ROWS, MAX_TEXTS, MAX_WORD};
pub use text::missing;

/// Why a sheet isn't printed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// More than what is printed at once: [`MAX_CHARACTERS`], [`MAX_WORD`], [`MAX_ROWS`], [`MAX_TEXTS`] or
    /// [`MAX_LABELS`].
    #[error("{found} {what} are too many to print: at most {most}")]
    TooLong {
        what: &'static str,
        found: usize,
        most: usize,
    },
    /// A row of a table with more cells than the table has columns.
    #[error("a row of {found} cells in a table of {columns} columns")]
    Cells { found: usize, columns: usize },
    /// The typesetter's own words: a defect of this crate.
    #[error("the typesetter failed: {0}")]
    Failed(String),
}

/// The sheet as a PDF of A4 pages. Blocks its thread; several threads may print at once.
///
/// A character that no font has is printed as an empty box: [`missing`] tells beforehand.
///
/// # Errors
/// A sheet that is too long, or whose tables don't fit together.
pub fn pdf(sheet: &Sheet) -> Result<Vec<u8>, PrintError> {
    limits::check(sheet)?;
    let name = format!("{} {}", sheet.number.as_deref().unwrap_or_default(), sheet.title);
    produce(&world::Desk::contract(prepare::json(sheet)?), &name)
}

/// What lies on a desk as a PDF; its name is what tells it from others.
fn produce(desk: &world::Desk, name: &str) -> Result<Vec<u8>, PrintError> {
    let printed = typeset(desk, name);
    // Results are kept between calls for editors, which print the same again; here they would only grow.
    typst::comemo::evict(0);
    printed
}

fn typeset(desk: &world::Desk, name: &str) -> Result<Vec<u8>, PrintError> {
    let Warned { output, .. } = typst::compile::<PagedDocument>(desk);
    let document = output.map_err(failed)?;
    let options = PdfOptions {
        ident: Smart::Custom(name.to_owned()),
        creator: Smart::Custom(Some("Cardea".into())),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(failed)
}

fn failed(errors: EcoVec<SourceDiagnostic>) -> PrintError {
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    PrintError::Failed(messages.join("; "))
}
