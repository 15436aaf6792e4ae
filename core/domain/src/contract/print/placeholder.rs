//! What can stand in braces in a template.

use super::PrintedContract;
use super::sheet::PrintLanguage;
use super::writing;
use crate::contract::{Element, Party, PartyField};
use std::str::FromStr;

/// What stands for a text of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder<'a> {
    OwnParty(PartyField),
    OtherParty(PartyField),
    Element(Element),
    /// A field of the type's own.
    Value(&'a str),
    Amount,
    AmountInWords,
    StartsOn,
    EndsOn,
    SignedOn,
    Number,
    Title,
    Supplement,
    MainNumber,
}

use Placeholder::*;

/// Those without a group.
const PLAIN: [(&str, Placeholder<'static>); 9] = [
    ("amount", Amount),
    ("amount_in_words", AmountInWords),
    ("starts_on", StartsOn),
    ("ends_on", EndsOn),
    ("signed_on", SignedOn),
    ("number", Number),
    ("title", Title),
    ("supplement", Supplement),
    ("main_number", MainNumber),
];

named! {
/// What stands for a block of its own: alone in its line.
pub enum BlockName {
    Parties = "parties",
    Lines = "lines",
    Milestones = "milestones",
    Rebate = "rebate",
}
}

impl<'a> Placeholder<'a> {
    /// What a name means, whether or not the type has such a field.
    pub(super) fn read(name: &'a str) -> Option<Self> {
        match name.split_once('.') {
            Some(("own_party", field)) => PartyField::from_str(field).ok().map(OwnParty),
            Some(("other_party", field)) => PartyField::from_str(field).ok().map(OtherParty),
            Some(("elements", element)) => Element::from_str(element).ok().map(Element),
            Some(("values", field)) => Some(Value(field)),
            Some(_) => None,
            None => PLAIN.iter().find(|(plain, _)| *plain == name).map(|(_, found)| *found),
        }
    }

    /// Every name of a type with these fields.
    pub(super) fn names(fields: &[&str]) -> Vec<String> {
        let plain = PLAIN.iter().map(|(name, _)| (*name).to_owned());
        let parties = ["own_party", "other_party"].into_iter();
        let parties = parties.flat_map(|party| PartyField::ALL.iter().map(move |field| format!("{party}.{field}")));
        let elements = Element::ALL.iter().map(|element| format!("elements.{element}"));
        let values = fields.iter().map(|field| format!("values.{field}"));
        plain.chain(parties).chain(elements).chain(values).collect()
    }

    /// What the contract says; none where it says nothing.
    pub(super) fn text(self, contract: &PrintedContract, language: PrintLanguage) -> Option<String> {
        let party = |party: &Party, field| party.get(field).map(str::to_owned);
        let day = |day: Option<_>| day.map(|day| writing::day(day, language));
        let text = match self {
            OwnParty(field) => party(&contract.own_party, field),
            OtherParty(field) => party(&contract.other_party, field),
            Element(element) => contract.elements.get(&element).cloned(),
            Value(name) => contract
                .values
                .get(name)
                .map(|value| writing::in_language(&value.text, language).to_owned()),
            Amount => contract
                .amount
                .map(|amount| writing::amount_with_currency(amount, &contract.currency, language)),
            AmountInWords => writing::in_words(contract, language),
            StartsOn => day(contract.starts_on),
            EndsOn => day(contract.ends_on),
            SignedOn => day(contract.signed_on),
            Number => contract.number.clone(),
            Title => Some(contract.title.clone()),
            Supplement => contract.supplement.map(|number| number.to_string()),
            MainNumber => contract.main_number.clone(),
        };
        text.filter(|text| writing::says_something(text))
    }
}

/// Whether a clause that depends on this name stands: its value is there and isn't a no.
pub(super) fn holds(name: &str, contract: &PrintedContract, language: PrintLanguage) -> bool {
    if let Ok(block) = BlockName::from_str(name) {
        return block.is_there(contract);
    }
    match Placeholder::read(name) {
        Some(Value(field)) if contract.values.get(field).is_some_and(|value| value.is_false) => false,
        Some(known) => known.text(contract, language).is_some(),
        None => false,
    }
}

impl BlockName {
    /// Whether there is anything to show.
    pub(super) fn is_there(self, contract: &PrintedContract) -> bool {
        match self {
            Self::Parties => true,
            Self::Lines => !contract.lines.is_empty(),
            Self::Milestones => !contract.milestones.is_empty(),
            Self::Rebate => contract.rebate.is_some(),
        }
    }
}
