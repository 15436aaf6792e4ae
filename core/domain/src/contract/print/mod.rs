//! Contracts in print (D-CON-2): templates of a type, what they say of one contract, and the sheet for a printer.

mod faults;
#[cfg(test)]
mod fixture;
mod layout;
mod placeholder;
mod printed;
pub mod sheet;
mod shipped;
mod tables;
mod template;
#[cfg(test)]
mod tests;
mod writing;

pub use layout::sheet;
pub use printed::{PrintedContract, PrintedMilestone, ValuePrinted};
pub use sheet::{Block, Column, PrintLanguage, Sheet, Side, Signature, Table};
pub use shipped::ShippedTemplate;
pub use template::{Clause, MOST_ANNEXES, MOST_BODY, MOST_CLAUSES, Template};
pub use writing::{amount_with_currency, day};
