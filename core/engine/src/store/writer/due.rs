//! Loads lots that are past their date, for many memberships at once: what the night books of them.

use super::ledger::{DueNeed, State};
use super::load::{lot, members_with_balances};
use crate::error::Result;
use crate::store::statement::{fetch_all, ids, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, MembershipId};
use cardea_domain::ledger::{Asset, Lot};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};

statements! {
    // The sign keeps planners from reading all that ends by then instead of what these memberships have.
    SelectDueLots -> (Binary, Text, Binary, Nullable<Binary>, BigInt, Nullable<BigInt>, Nullable<BigInt>, BigInt) =
        "SELECT membership_id, asset, id, bill_id, opened_at, matures_at, expires_at, remaining FROM lots \
         WHERE chain_id = ? AND +expires_at <= ? AND NOT ended AND membership_id IN ({})" of "?";
}

/// These lots, and their memberships where those aren't loaded already: with their balances and no other lots, for whoever
/// takes the end of a lot into the books needs none.
pub(super) fn load(conn: &mut Conn, chain: ChainId, need: &DueNeed, state: &mut State) -> Result<()> {
    type Row = (Id, String, Id, Option<Id>, i64, Option<i64>, Option<i64>, i64);
    let wanted = ids(need.memberships.iter().copied());
    let unknown = need
        .memberships
        .iter()
        .copied()
        .filter(|id| !state.members.contains_key(id));
    let mut members = members_with_balances(conn, chain, &ids(unknown))?;
    for (membership, asset, id, bill, opened, matures, expires, left) in
        fetch_all!(conn, SelectDueLots, [chain, need.at], &wanted => Row)?
    {
        let membership: MembershipId = membership.typed();
        let lots = state
            .due_lots
            .entry(membership)
            .or_default()
            .entry(Asset(asset))
            .or_default();
        lots.push(lot((id, bill, opened, matures, expires, left)));
    }
    for (membership, assets) in &mut state.due_lots {
        for (asset, lots) in assets {
            lots.sort_by_key(|lot: &Lot| (lot.terms.expires_at, lot.id));
            if let Some(member) = members.get_mut(membership) {
                member.accounts.entry(asset.clone()).or_default().lots = lots.clone();
            }
        }
    }
    state.members.extend(members);
    Ok(())
}
