//! What makes a card its holder's: PINs, dynamic codes, and who an anonymous membership turns out to be.

use super::save::expect;
use crate::error::Result;
use crate::store::Conn;
use crate::store::statement::{fetch, run, statements};
use cardea_domain::Instant;
use cardea_domain::id::*;
use cardea_domain::rows::{PinRow, Rows};
use diesel::sql_types::{BigInt, Text};

statements! {
    SelectPin -> (Text, BigInt, BigInt) = "SELECT hash, tries, set_at FROM card_pins WHERE chain_id = ? AND card_id = ?";
    UpsertPin = "INSERT INTO card_pins (chain_id, card_id, hash, tries, set_at) VALUES (?, ?, ?, ?, ?) \
        ON CONFLICT (chain_id, card_id) DO UPDATE SET hash = excluded.hash, tries = excluded.tries, \
        set_at = excluded.set_at";
    SelectCode -> (BigInt,) = "SELECT step FROM card_codes WHERE chain_id = ? AND card_id = ? AND step = ?";
    InsertCode = "INSERT INTO card_codes (chain_id, card_id, step) VALUES (?, ?, ?)";
    DeleteCodes = "DELETE FROM card_codes WHERE chain_id = ? AND card_id = ? AND step < ?";
    EndCode = "INSERT INTO card_codes (chain_id, card_id, step) VALUES (?, ?, ?) ON CONFLICT (chain_id, card_id, step) DO NOTHING";
    DeletePin = "DELETE FROM card_pins WHERE chain_id = ? AND card_id = ?";
    HandOver = "UPDATE memberships SET customer_id = ?, merged_from = NULL WHERE chain_id = ? AND id = ? AND customer_id = ?";
    InsertHandOver = "INSERT INTO holder_transfers (chain_id, id, membership_id, from_id, to_id, store_id, staff_id, \
        from_document, to_document, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    UpdateNamed = "UPDATE memberships SET customer_id = ? WHERE chain_id = ? AND id = ? AND customer_id IS NULL";
}

/// A card's PIN, if it has one.
pub(crate) fn pin(conn: &mut Conn, chain: ChainId, card: CardId) -> Result<Option<PinRow>> {
    let row = fetch!(conn, SelectPin, [chain, card] => (String, i64, i64))?.pop();
    Ok(row.map(|(hash, tries, set_at)| PinRow {
        card,
        hash,
        tries,
        set_at: Instant(set_at),
    }))
}

/// Whether a card's code of a step was used.
pub(crate) fn code_used(conn: &mut Conn, chain: ChainId, card: CardId, step: i64) -> Result<bool> {
    Ok(!fetch!(conn, SelectCode, [chain, card, step] => (i64,))?.is_empty())
}

pub(super) fn save(conn: &mut Conn, chain: ChainId, rows: &Rows) -> Result<()> {
    for pin in &rows.pins {
        run!(conn, UpsertPin, [chain, pin.card, &pin.hash, pin.tries, pin.set_at])?;
    }
    for (card, step) in &rows.codes {
        run!(conn, InsertCode, [chain, *card, *step])?;
        // The present and the one before are accepted; others are too old anyway.
        run!(conn, DeleteCodes, [chain, *card, *step - 1])?;
    }
    for (membership, customer) in &rows.named {
        let changed = run!(conn, UpdateNamed, [*customer, chain, *membership])?;
        expect((1, changed), "membership")?;
    }
    for card in &rows.pins_forgotten {
        run!(conn, DeletePin, [chain, *card])?;
    }
    for (card, step) in &rows.codes_ended {
        run!(conn, EndCode, [chain, *card, *step])?;
    }
    for row in &rows.handed_over {
        let changed = run!(conn, HandOver, [row.to, chain, row.membership, row.from])?;
        expect((1, changed), "membership")?;
        let (from_document, to_document) = (row.from_document.as_str(), row.to_document.as_str());
        run!(
            conn,
            InsertHandOver,
            [
                chain,
                row.id,
                row.membership,
                row.from,
                row.to,
                row.store,
                row.staff,
                from_document,
                to_document,
                &row.reason,
                row.at
            ]
        )?;
    }
    Ok(())
}
