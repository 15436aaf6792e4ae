//! The parties of a contract: the chain's own one is a setting, the other one comes from the archive.

use crate::archive::{CustomerRow, card_row, mask_address, mask_phone};
use crate::error::Result;
use crate::identity::Action;
use crate::input;
use crate::keys::ChainKeys;
use crate::settings::Setting;
use crate::store::Conn;
use cardea_domain::Refusal;
use cardea_domain::contract::{Party, PartyField};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Characters of what is said of a party.
const LONGEST: usize = 200;

/// The chain as a party, in every contract that says nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct OwnParty(pub Party);

impl Setting for OwnParty {
    const NAME: &'static str = "own_party";
    const CHANGED: &'static str = "own_party.update";
    const READ: Action = Action::ContractRead;

    fn check(&self) -> Result<(), Refusal> {
        checked(&self.0, "/value").map(|_| ())
    }
}

/// A party's texts, checked and without outer spaces.
pub(super) fn checked(party: &Party, pointer: &str) -> Result<Party, Refusal> {
    let mut party = party.clone();
    for field in PartyField::ALL {
        let place = party.field_mut(*field);
        if let Some(text) = place {
            *text = input::text(text, LONGEST, &format!("{pointer}/{field}"))?;
        }
    }
    Ok(party)
}

/// The other party for somebody who may not see what is masked: what a contract takes from the archive is masked there
/// too, what was written into it isn't.
pub(super) fn masked(mut party: Party, written: &Party) -> Party {
    for (field, mask) in [
        (PartyField::Contact, mask_phone as fn(&str) -> String),
        (PartyField::Address, mask_address),
    ] {
        if written.get(field).is_none()
            && let Some(text) = party.field_mut(field)
        {
            *text = mask(text);
        }
    }
    party
}

/// What the archive knows of a customer as a party.
pub(super) fn of_customer(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow) -> Result<Party> {
    let contact = customer.contact(keys)?;
    let card = card_row::load(conn, keys, customer)?.unwrap_or_default();
    Ok(Party {
        name: Some(customer.name.clone()).filter(|name| !name.is_empty()),
        address: card.contact.address.clone(),
        contact: contact.phones.first().cloned(),
        legal_representative: card.company.legal_representative.and_then(|person| person.name),
        tax_number: card.company.credit_code,
        ..Party::default()
    })
}
