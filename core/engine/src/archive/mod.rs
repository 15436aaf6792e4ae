//! The customer archive (客户档案): register, search, and what the till may show of a person.

mod contact;
mod customer;
mod display;
mod row;
mod search;
mod surname;

#[cfg(test)]
mod tests;

pub use contact::{Contact, mask_birthday, mask_identity, mask_phone};
pub use customer::{Consent, CustomerBrief, CustomerPatch, CustomerView, NewCustomer, RegisterFacts};
pub use display::FormOfAddress;
pub use search::Lookup;
