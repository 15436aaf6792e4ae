//! The rules as table tests, one module per part of the crate, and a model test of the ledger.

mod accounting;
mod bill;
mod books;
mod calendar;
mod campaign;
mod card;
mod fields;
mod identifier;
mod issue;
mod kinds;
mod kit;
mod ladder;
mod ledger;
mod model;
mod money;
mod names;
mod people;
mod phone;
mod provenance;
mod redemption;
mod refund;
mod renewal;
mod returns;
mod sale;
mod tier;
mod value;
