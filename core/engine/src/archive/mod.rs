//! The customer archive (客户档案): register, search, and what the till may show of a person.

mod card;
mod card_change;
mod card_row;
mod card_write;
mod change;
pub(crate) mod classes;
mod contact;
mod customer;
mod display;
mod facts;
mod row;
mod search;
mod surname;

#[cfg(test)]
mod tests;

pub(crate) use card::mask_values;
pub use card::{
    BusinessCard, Card, CardGroup, CharacteristicsCard, CompanyCard, CompanyPerson, ContactCard, CustomerKind,
    DealCard, PersonCard, Sex,
};
pub use card_change::CardChange;
pub use change::CustomerChange;
pub use classes::{ClassRulesChange, ClassRulesView, CustomerClass, CustomerClasses, NewClass};
pub use contact::{Contact, mask_birthday, mask_identity, mask_phone};
pub use customer::{Consent, CustomerView, NewCustomer};
pub use display::FormOfAddress;
pub use facts::{CustomerBrief, RegisterFacts};
pub(crate) use row::{CustomerRow, find as find_customer, load as load_customers};
pub use search::Lookup;
