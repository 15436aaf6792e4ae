//! What is set aside of memberships' accounts: loaded with them, and let go with a card that is lost or no longer works.

use super::ledger::Decision;
use crate::error::Result;
use crate::store::statement::{fetch_all, ids, run, statements};
use crate::store::{Conn, Id};
use cardea_domain::Instant;
use cardea_domain::card::{Block, CardState};
use cardea_domain::id::{ChainId, MembershipId};
use cardea_domain::ledger::{Asset, Hold, Member};
use diesel::sql_types::{BigInt, Binary, Text};
use std::collections::BTreeMap;

statements! {
    SelectHolds -> (Binary, Binary, Text, BigInt, BigInt) =
        "SELECT membership_id, id, asset, amount, expires_at FROM holds \
         WHERE state = 'open' AND chain_id = ? AND membership_id IN ({})" of "?";
    ReleaseHolds =
        "UPDATE holds SET state = 'released', ended_at = ? WHERE chain_id = ? AND card_id = ? AND state = 'open' \
         AND expires_at > ?";
    ReleaseOfMembership =
        "UPDATE holds SET state = 'released', ended_at = ? WHERE chain_id = ? AND state = 'open' AND expires_at > ? \
         AND membership_id = (SELECT membership_id FROM cards WHERE chain_id = ? AND id = ?) AND NOT EXISTS \
         (SELECT 1 FROM cards c WHERE c.chain_id = holds.chain_id AND c.membership_id = holds.membership_id \
         AND c.id <> ? AND c.state = 'active' AND c.blocks = '')";
}

/// Adds to members what is set aside of their accounts.
pub(super) fn load(conn: &mut Conn, chain: ChainId, members: &mut BTreeMap<MembershipId, Member>) -> Result<()> {
    type Row = (Id, Id, String, i64, i64);
    let wanted = ids(members.keys().copied());
    for (membership, id, asset, amount, until) in fetch_all!(conn, SelectHolds, [chain], &wanted => Row)? {
        if let Some(member) = members.get_mut(&membership.typed()) {
            member.holds.push(Hold {
                id: id.typed(),
                asset: Asset(asset),
                amount,
                until: Instant(until),
            });
        }
    }
    Ok(())
}

/// Lets go what was held with cards that are lost now, replaced or void; all of a membership's, where no other card of
/// it works (D-CARD-5).
pub(super) fn release(conn: &mut Conn, chain: ChainId, decision: &Decision, now: Instant) -> Result<()> {
    for rows in decision.before.iter().map(|(rows, _)| rows).chain([&decision.rows]) {
        let gone = rows.card_updates.iter();
        let gone = gone.filter(|card| card.state != CardState::Active || card.blocks.contains(&Block::Loss));
        for card in gone {
            run!(conn, ReleaseHolds, [now, chain, card.id, now])?;
            if card.blocks.contains(&Block::Loss) {
                run!(conn, ReleaseOfMembership, [now, chain, now, chain, card.id, card.id])?;
            }
        }
    }
    Ok(())
}
