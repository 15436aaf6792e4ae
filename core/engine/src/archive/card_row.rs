//! The `customer_cards` table.

use super::card::Card;
use super::row::CustomerRow;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::ChainKeys;
use crate::store::Conn;
use crate::store::schema::customer_cards;
use diesel::prelude::*;

/// The customer's card, if there is one and the customer isn't erased.
pub(crate) fn load(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow) -> Result<Option<Card>> {
    let Some(wrapped) = &customer.data_key else {
        return Ok(None);
    };
    let sealed: Option<Vec<u8>> = each!(conn, c => customer_cards::table
        .find((customer.chain_id, customer.id))
        .select(customer_cards::card)
        .get_result(c)
        .optional()?);
    let Some(sealed) = sealed else { return Ok(None) };
    let key = keys
        .open_person(customer.id.typed(), wrapped)
        .map_err(Error::internal)?;
    Card::open(&key, &sealed).map(Some)
}

/// Writes a card. An erased customer has no key and gets no card.
pub(crate) fn save(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow, card: &Card, known: bool) -> Result<()> {
    let Some(wrapped) = &customer.data_key else {
        return Ok(());
    };
    let key = keys
        .open_person(customer.id.typed(), wrapped)
        .map_err(Error::internal)?;
    let (chain, id, sealed) = (customer.chain_id, customer.id, card.seal(&key)?);
    if known {
        each!(conn, c => diesel::update(customer_cards::table.find((chain, id)))
            .set(customer_cards::card.eq(&sealed))
            .execute(c)?);
        return Ok(());
    }
    let row = (
        customer_cards::chain_id.eq(chain),
        customer_cards::customer_id.eq(id),
        customer_cards::card.eq(&sealed),
    );
    each!(conn, c => diesel::insert_into(customer_cards::table).values(row).execute(c)?);
    Ok(())
}
