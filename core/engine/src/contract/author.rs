//! Who has made a contract, and so doesn't approve it: its author, and everybody who has written a version.

use super::row::{self, ContractRow};
use crate::each;
use crate::error::Result;
use crate::input::field;
use crate::store::schema::staff;
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, StaffId};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// # Errors
/// `field_invalid`, unless this is somebody who is at work.
pub(super) fn check(conn: &mut Conn, chain: ChainId, author: StaffId) -> Result<()> {
    check_at(conn, chain, author, "/author_id")
}

/// The same of whoever else a field names.
pub(super) fn check_at(conn: &mut Conn, chain: ChainId, named: StaffId, pointer: &str) -> Result<()> {
    let row = staff::table.find((Id::from(chain), Id::from(named)));
    let active: Option<bool> = each!(conn, c => row.select(staff::active).get_result(c).optional()?);
    if active == Some(true) {
        return Ok(());
    }
    Err(field(pointer, "没有这位员工", "There is no such staff member").into())
}

/// Log-ins of all makers.
pub(super) fn makers(conn: &mut Conn, row: &ContractRow) -> Result<BTreeSet<StaffId>> {
    let written = row::versions(conn, row.chain_id, row.id)?;
    let writers = written.into_iter().filter_map(|version| version.staff_id);
    Ok(writers.chain(row.author_id).map(Id::typed).collect())
}
