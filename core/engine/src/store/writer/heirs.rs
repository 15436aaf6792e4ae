//! Which membership and which lots go on for those of one that was merged (D-CARD-13), while the merge stands.

use crate::error::{Error, Result};
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, LotId, MembershipId};
use cardea_domain::ledger::SpentMove;
use diesel::sql_types::{Binary, Nullable};

/// Merges that can follow each other; more would be a circle.
const MOST: usize = 100;

statements! {
    SelectInto -> (Nullable<Binary>,) = "SELECT merged_into FROM memberships WHERE chain_id = ? AND id = ?";
    SelectAbsorbed -> (Binary,) = "SELECT id FROM memberships WHERE chain_id = ? AND merged_into = ? ORDER BY id";
    SelectHeir -> (Binary,) =
        "SELECT l.heir_id FROM merged_lots l JOIN membership_merges m ON m.chain_id = l.chain_id AND m.id = l.merge_id \
         WHERE l.chain_id = ? AND l.lot_id = ? AND m.undone_at IS NULL";
    SelectBefore -> (Binary, Binary) =
        "SELECT l.lot_id, m.merged_id FROM merged_lots l JOIN membership_merges m ON m.chain_id = l.chain_id \
         AND m.id = l.merge_id WHERE l.chain_id = ? AND l.heir_id = ? AND m.undone_at IS NULL";
}

fn circle() -> Error {
    Error::internal("memberships are merged into each other in a circle")
}

/// A membership and those that went on for it, the present one last.
pub(crate) fn line(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<Vec<MembershipId>> {
    let mut line = vec![membership];
    while let Some(last) = line.last().copied() {
        let into = fetch!(conn, SelectInto, [chain, last] => (Option<Id>,))?.pop();
        match into.and_then(|(into,)| into) {
            Some(_) if line.len() > MOST => return Err(circle()),
            Some(into) => line.push(into.typed()),
            None => break,
        }
    }
    Ok(line)
}

/// A membership and all that were merged into it, by whatever way.
pub(crate) fn family(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<Vec<MembershipId>> {
    let (mut family, mut at) = (vec![membership], 0);
    while let Some(one) = family.get(at).copied() {
        at += 1;
        if at > MOST {
            return Err(circle());
        }
        let absorbed = fetch!(conn, SelectAbsorbed, [chain, one] => (Id,))?;
        family.extend(absorbed.into_iter().map(|(id,)| id.typed::<MembershipId>()));
    }
    Ok(family)
}

/// The lot that goes on for a lot; itself where none does.
pub(crate) fn heir(conn: &mut Conn, chain: ChainId, lot: LotId) -> Result<LotId> {
    let mut lot = lot;
    for _ in 0..MOST {
        match fetch!(conn, SelectHeir, [chain, lot] => (Id,))?.pop() {
            Some((heir,)) => lot = heir.typed(),
            None => return Ok(lot),
        }
    }
    Err(circle())
}

/// The same parts, of the lots that go on.
pub(crate) fn of_heirs(conn: &mut Conn, chain: ChainId, parts: Vec<SpentMove>) -> Result<Vec<SpentMove>> {
    let mut found = Vec::with_capacity(parts.len());
    for part in parts {
        let lot = heir(conn, chain, part.lot)?;
        found.push(SpentMove { lot, ..part });
    }
    Ok(found)
}

/// A lot and those for which it goes on, with their memberships.
pub(crate) fn line_of_lot(
    conn: &mut Conn,
    chain: ChainId,
    (membership, lot): (MembershipId, LotId),
) -> Result<Vec<(MembershipId, LotId)>> {
    let mut line = vec![(membership, lot)];
    while let Some((_, last)) = line.last().copied() {
        match fetch!(conn, SelectBefore, [chain, last] => (Id, Id))?.pop() {
            Some(_) if line.len() > MOST => return Err(circle()),
            Some((lot, of)) => line.push((of.typed(), lot.typed())),
            None => break,
        }
    }
    Ok(line)
}
