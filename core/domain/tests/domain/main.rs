//! The rules as table tests, one module per part of the crate, and a model test of the ledger.

mod bill;
mod books;
mod calendar;
mod card;
mod fields;
mod identifier;
mod issue;
mod kit;
mod ledger;
mod model;
mod money;
mod names;
mod phone;
mod provenance;
mod redemption;
mod refund;
mod returns;
mod sale;
mod tier;
mod value;
