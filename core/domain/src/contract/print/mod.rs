//! Contracts in print (D-CON-2): templates of a type, what they say of one contract, and the sheet for a printer.

pub mod sheet;

pub use sheet::{Block, Column, PrintLanguage, Sheet, Side, Signature, Table};
