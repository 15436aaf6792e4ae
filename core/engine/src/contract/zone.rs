//! Days of contracts: those of the store's zone.

use crate::each;
use crate::error::{Error, Result};
use crate::input::not_found;
use crate::store::schema::stores;
use crate::store::{Conn, Id};
use cardea_domain::id::ChainId;
use cardea_domain::{Day, Instant, Zone};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// The day that it is in a store.
pub(crate) fn day_in(conn: &mut Conn, chain: ChainId, store: Id, now: Instant) -> Result<Day> {
    let row = stores::table.find((Id::from(chain), store));
    let name: Option<String> = each!(conn, c => row.select(stores::time_zone).get_result(c).optional()?);
    let zone: Zone = name.ok_or_else(not_found)?.parse().map_err(Error::internal)?;
    Ok(zone.day_of(now))
}

/// Stores by the day that it is there; at any moment there are three at most.
pub(crate) fn days(conn: &mut Conn, chain: ChainId, now: Instant) -> Result<BTreeMap<Day, Vec<Id>>> {
    let zones: Vec<(Id, String)> = each!(conn, c => stores::table
        .select((stores::id, stores::time_zone))
        .filter(stores::chain_id.eq(Id::from(chain)))
        .order(stores::id)
        .load(c)?);
    let mut found: BTreeMap<Day, Vec<Id>> = BTreeMap::new();
    for (store, name) in zones {
        let zone: Zone = name.parse().map_err(Error::internal)?;
        found.entry(zone.day_of(now)).or_default().push(store);
    }
    Ok(found)
}
