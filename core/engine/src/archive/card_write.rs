//! The card's part in creating, changing and showing a customer.

use super::card::{Card, CardGroup};
use super::card_change::{Author, CardChange, Checked, note};
use super::card_row;
use super::change::Change;
use super::row::CustomerRow;
use crate::actor::Actor;
use crate::error::Result;
use crate::fields::{self, CUSTOMER};
use crate::identity::Action;
use crate::keys::ChainKeys;
use crate::store::{Conn, Tx};
use cardea_domain::id::StoreId;
use cardea_domain::{Day, Refusal};

/// Checks what is sent of a card. With a store, whether the actor may write cards there.
///
/// # Errors
/// `forbidden`, `field_invalid`.
pub(crate) fn checked(
    actor: &Actor,
    change: Option<&CardChange>,
    store: Option<StoreId>,
    latest: Day,
) -> Result<Option<Checked>, Refusal> {
    let Some(change) = change else { return Ok(None) };
    match store {
        Some(store) => actor.require(Action::CustomerCard, Some(store))?,
        None => drop(actor.scope(Action::CustomerCard)?),
    }
    change.checked(latest).map(Some)
}

/// Writes the card of a new customer, if there is one.
pub(crate) fn first(
    tx: &mut Tx<'_>,
    keys: &ChainKeys,
    row: &CustomerRow,
    change: Option<&Checked>,
    latest: Day,
) -> Result<Option<Card>> {
    let Some(change) = change else { return Ok(None) };
    let mut changed = vec![CardGroup::Person, CardGroup::Contact];
    write(tx, keys, row, (None, change), (&mut changed, latest)).map(Some)
}

/// Writes the card of a changed customer, and names the groups that differ among `fields`. Name and phones belong to groups
/// of it too.
pub(crate) fn changed(
    tx: &mut Tx<'_>,
    keys: &ChainKeys,
    row: &CustomerRow,
    old: Option<Card>,
    change: &Change,
    fields: &mut Vec<&'static str>,
) -> Result<Option<Card>> {
    let mut groups = Vec::new();
    let touches = |names: &[&str]| names.iter().any(|name| fields.contains(name));
    if touches(&[
        "name",
        "form_of_address",
        "birthday",
        "birthday_calendar",
        "identity_number",
    ]) {
        groups.push(CardGroup::Person);
    }
    if touches(&["phones"]) {
        groups.push(CardGroup::Contact);
    }
    let nothing = Checked::default();
    let card_change = match &change.card {
        Some(card) => card,
        None if old.is_some() && !groups.is_empty() => &nothing,
        None => return Ok(old),
    };
    let card = write(tx, keys, row, (old, card_change), (&mut groups, change.latest))?;
    fields.push("card");
    fields.extend(groups.iter().map(|group| group.as_str()));
    Ok(Some(card))
}

fn write(
    tx: &mut Tx<'_>,
    keys: &ChainKeys,
    row: &CustomerRow,
    (old, change): (Option<Card>, &Checked),
    (changed, latest): (&mut Vec<CardGroup>, Day),
) -> Result<Card> {
    let chain = tx.chain();
    let declared = fields::current(tx.conn(), chain, CUSTOMER)?;
    let known = old.is_some();
    let (mut card, touched) = change.apply(&old.unwrap_or_default(), &declared, latest)?;
    changed.extend(
        touched
            .into_iter()
            .filter(|group| !changed.contains(group))
            .collect::<Vec<_>>(),
    );
    let author = Author {
        who: tx.actor().staff,
        at: tx.business_now(),
    };
    note(&mut card, changed, change.told(), &author);
    card_row::save(tx.conn(), keys, row, &card, known)?;
    Ok(card)
}

/// A customer's card, masked; none has been written, or the customer is erased.
pub(crate) fn shown(conn: &mut Conn, keys: &ChainKeys, row: &CustomerRow) -> Result<Option<Card>> {
    let Some(card) = card_row::load(conn, keys, row)? else {
        return Ok(None);
    };
    let mut versions: Vec<i32> = card.own.values().map(|written| written.version).collect();
    versions.sort_unstable();
    versions.dedup();
    let definitions = fields::versions(conn, row.chain_id.typed(), CUSTOMER, &versions)?;
    Ok(Some(card.masked(&definitions)))
}
