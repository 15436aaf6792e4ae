//! What a wave writes once, however many commands touched it: the state of memberships, balances, and what is counted.

use super::insert::{AddMeasure, AddTotal, UpdateMembershipOpen, UpdateMemberships, UpsertAccount};
use super::save::{expect, row};
use crate::error::Result;
use crate::store::Conn;
use crate::store::statement::{Bind, Waiting, run};
use cardea_domain::Day;
use cardea_domain::id::{ChainId, MembershipId};
use cardea_domain::rows::MembershipUpdate;
use std::collections::BTreeMap;

/// State of memberships, absolute: the last one holds; with whether one of them has opened or closed it.
pub(super) type MembershipUpdates<'a> = BTreeMap<(ChainId, MembershipId), (&'a MembershipUpdate, bool)>;
/// Balance and debt by membership and asset, absolute: the last ones hold.
pub(super) type Balances<'a> = BTreeMap<(ChainId, MembershipId, &'a str), (i64, i64)>;
/// Measures by day: differences, which add up.
pub(super) type Differences = BTreeMap<(ChainId, MembershipId, &'static str, Day), i64>;

pub(super) fn write_updates(conn: &mut Conn, rows: &MembershipUpdates) -> Result<()> {
    let mut updates = Waiting::<UpdateMemberships>::default();
    for ((chain, id), (u, _)) in rows {
        let below = u.below.as_ref();
        updates.add(row![
            &u.tier,
            u.tier_until,
            below.map(|below| below.tier.as_str()),
            below.and_then(|below| below.until),
            u.purchases,
            u.version,
            *chain,
            *id
        ]);
    }
    expect(updates.write(conn)?, "membership")?;
    // Apart, as few do: two indexes are about open ones, which a statement that names the column writes anew each time.
    for ((chain, id), (u, _)) in rows.iter().filter(|(_, (_, turned))| *turned) {
        let changed = run!(conn, UpdateMembershipOpen, [u.open, *chain, *id])?;
        expect((1, changed), "membership")?;
    }
    Ok(())
}

pub(super) fn write_figures(conn: &mut Conn, balances: &Balances, differences: &Differences) -> Result<()> {
    let mut accounts = Waiting::<UpsertAccount>::default();
    for ((chain, membership, asset), (balance, debt)) in balances {
        accounts.add(row![*chain, *membership, *asset, *balance, *debt]);
    }
    accounts.write(conn)?;
    let mut measures = Waiting::<AddMeasure>::default();
    for ((chain, membership, measure, day), delta) in differences {
        measures.add(row![*chain, *membership, *measure, *day, *delta]);
    }
    measures.write(conn)?;
    let mut sums: BTreeMap<(ChainId, MembershipId, &str), i64> = BTreeMap::new();
    for ((chain, membership, measure, _), delta) in differences {
        *sums.entry((*chain, *membership, measure)).or_default() += delta;
    }
    let mut totals = Waiting::<AddTotal>::default();
    for ((chain, membership, measure), delta) in sums {
        totals.add(row![chain, membership, measure, delta]);
    }
    totals.write(conn)?;
    Ok(())
}
