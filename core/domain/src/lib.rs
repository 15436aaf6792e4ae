//! The rules of Cardea as pure functions: load → **decide** → save. Nothing here reads a clock, a database or a
//! random source; ids, instants and loaded state are arguments, and what shall change is the answer ([`rows::Rows`]).
//!
//! Money and points are `i64` (minor units, whole points), rates are parts per million, quantities thousandths.

#[macro_use]
pub mod names;

pub mod accounting;
pub mod approval;
mod braces;
pub mod calendar;
pub mod campaign;
pub mod card;
pub mod card_stock;
pub mod classes;
pub mod confidential;
pub mod contract;
pub mod error;
pub mod fields;
pub mod form;
pub mod id;
pub mod identifier;
pub mod journal;
pub mod ledger;
pub mod lunar;
pub mod measure;
pub mod media;
pub mod merge;
pub mod message;
pub mod money;
pub mod phone;
pub mod prepaid;
pub mod provenance;
pub mod reporting;
pub mod retention;
pub mod review;
pub mod rows;
pub mod sale;
pub mod satisfaction;
pub mod scorecard;
pub mod segment;
pub mod sheet;
pub mod task;
pub mod terms;
pub mod tier;
pub mod voucher;
pub mod warning;
pub mod webhook;

pub use calendar::{Day, Instant, Zone};
pub use error::{Code, Kind, Refusal, Text};
pub use money::{Minor, Points, Ppm};
pub use names::{Named, UnknownName};
