//! The customer archive (客户档案): register, search, and what the till may show of a person.

mod birthday;
pub(crate) mod card;
pub(crate) mod card_change;
pub(crate) mod card_row;
mod card_write;
pub(crate) mod change;
pub(crate) mod classes;
pub(crate) mod contact;
pub(crate) mod customer;
pub(crate) mod display;
mod erase;
mod facts;
pub(crate) mod history;
mod list;
mod pinyin;
mod reveal;
pub(crate) mod row;
pub(crate) mod search;
mod surname;

#[cfg(test)]
mod tests;

pub use birthday::{LunarDayQuery, LunarDayView, lunar_day};
pub use card::{
    BusinessCard, Card, CardGroup, CharacteristicsCard, CompanyCard, CompanyPerson, ContactCard, CustomerKind,
    DealCard, PersonCard, Sex,
};
pub(crate) use card::{mask_address, mask_mail, mask_values};
pub use card_change::CardChange;
pub use change::CustomerChange;
pub use classes::{ClassRulesChange, ClassRulesView, CustomerClass, CustomerClasses, NewClass};
pub(crate) use contact::birthday_keys;
pub use contact::{Contact, mask_birthday, mask_identity, mask_phone};
pub use customer::{Consent, CustomerView, NewCustomer};
pub use display::FormOfAddress;
pub(crate) use erase::{erase, erase_identity, forget_files};
pub use facts::{CustomerBrief, RegisterFacts, ShownIdentity};
pub use history::{EarlierValue, EarlierValues};
pub use list::{ClassNamed, CustomerQuery};
pub use reveal::{Reveal, RevealField, Revealed};
pub(crate) use row::{
    CustomerRow, find as find_customer, find_living as find_living_customer, merged_into, people, survivor,
};
pub use search::Lookup;
