//! The tables of opening balances.

use super::{OpeningMember, OpeningState, OpeningTotals};
use crate::each;
use crate::error::Result;
use crate::store::schema::openings;
use crate::store::statement::{Waiting, fetch, run, statements};
use crate::store::{Conn, Id, Name};
use cardea_domain::id::{ChainId, EntryId, LotId, MembershipId, OpeningId};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer};

statements! {
    InsertMember = "INSERT INTO opening_members (chain_id, opening_id, line, membership_id, undone) VALUES {}" of "(?, ?, ?, ?, FALSE)";
    InsertRow = "INSERT INTO opening_rows (chain_id, opening_id, line, membership_id, entry_id, asset, amount) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?)";
    // What has ended by its date counts, though it leaves a membership's version as it is.
    SelectMembers -> (BigInt, Binary, Integer, Bool) =
        "SELECT o.line, o.membership_id, CASE WHEN NOT o.undone AND (m.version <> 1 OR NOT m.open OR EXISTS (SELECT 1 FROM lots l \
         WHERE l.chain_id = m.chain_id AND l.membership_id = m.id AND l.ended) OR EXISTS (SELECT 1 FROM holds h \
         WHERE h.chain_id = m.chain_id AND h.membership_id = m.id)) THEN 1 ELSE 0 END, o.undone \
         FROM opening_members o JOIN memberships m ON m.chain_id = o.chain_id AND m.id = o.membership_id \
         WHERE o.chain_id = ? AND o.opening_id = ? AND o.line > ? ORDER BY o.line LIMIT ?";
    SelectMoved -> (BigInt, Binary, Integer, Bool) =
        "SELECT o.line, o.membership_id, 1, o.undone \
         FROM opening_members o JOIN memberships m ON m.chain_id = o.chain_id AND m.id = o.membership_id \
         WHERE o.chain_id = ? AND o.opening_id = ? AND o.line > ? AND NOT o.undone AND (m.version <> 1 OR NOT m.open OR \
         EXISTS (SELECT 1 FROM lots l WHERE l.chain_id = m.chain_id AND l.membership_id = m.id AND l.ended) OR \
         EXISTS (SELECT 1 FROM holds h WHERE h.chain_id = m.chain_id AND h.membership_id = m.id)) ORDER BY o.line LIMIT ?";
    CloseMembers = "UPDATE memberships SET open = FALSE, version = version + 1 WHERE chain_id = ? AND version = 1 AND open \
        AND id IN (SELECT membership_id FROM opening_members WHERE chain_id = ? AND opening_id = ?) AND NOT EXISTS \
        (SELECT 1 FROM lots l WHERE l.chain_id = memberships.chain_id AND l.membership_id = memberships.id AND l.ended) \
        AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.chain_id = memberships.chain_id AND h.membership_id = memberships.id)";
    DropPasses = "DELETE FROM passes WHERE chain_id = ? AND membership_id IN (SELECT membership_id FROM opening_members \
        WHERE chain_id = ? AND opening_id = ?)";
    DropTopUps = "DELETE FROM top_ups WHERE chain_id = ? AND membership_id IN (SELECT membership_id FROM opening_members \
        WHERE chain_id = ? AND opening_id = ?)";
    SelectLeft -> (BigInt, Binary) = "SELECT line, membership_id FROM opening_members WHERE chain_id = ? AND opening_id = ? \
        AND NOT undone ORDER BY line LIMIT ?";
    MarkUndone = "UPDATE opening_members SET undone = TRUE WHERE chain_id = ? AND opening_id = ? AND line <= ?";
    SelectLots -> (Binary, Binary) = "SELECT id, entry_id FROM lots WHERE chain_id = ? AND membership_id = ?";
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = openings, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct OpeningRow {
    pub chain_id: Id,
    pub id: Id,
    pub name: String,
    pub digest: Vec<u8>,
    pub store_id: Id,
    pub state: Name<OpeningState>,
    pub rows_total: i64,
    pub members_total: i64,
    pub members_done: i64,
    pub points: i64,
    pub principal: i64,
    pub bonus: i64,
    pub sessions: i64,
    pub warnings: i64,
    pub staff_id: Option<Id>,
    pub created_at: i64,
    pub version: i64,
}

impl OpeningRow {
    pub fn totals(&self) -> OpeningTotals {
        OpeningTotals {
            memberships: self.members_total,
            points: self.points,
            principal: self.principal,
            bonus: self.bonus,
            sessions: self.sessions,
        }
    }
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<OpeningRow>> {
    let row = openings::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(OpeningRow::as_select()).get_result(c).optional()?))
}

/// The file of these bytes, unless it was taken back.
pub(super) fn of_file(conn: &mut Conn, chain: ChainId, digest: &[u8]) -> Result<Option<OpeningRow>> {
    Ok(each!(conn, c => openings::table
        .select(OpeningRow::as_select())
        .filter(openings::chain_id.eq(Id::from(chain)).and(openings::digest.eq(digest)))
        .filter(openings::state.ne(Name(OpeningState::Undone)))
        .get_result(c)
        .optional()?))
}

pub(super) fn select(conn: &mut Conn, chain: ChainId, before: Id, limit: i64) -> Result<Vec<OpeningRow>> {
    Ok(each!(conn, c => openings::table
        .select(OpeningRow::as_select())
        .filter(openings::chain_id.eq(Id::from(chain)).and(openings::id.lt(before)))
        .order(openings::id.desc())
        .limit(limit)
        .load(c)?))
}

pub(super) fn insert(conn: &mut Conn, row: &OpeningRow) -> Result<()> {
    each!(conn, c => diesel::insert_into(openings::table).values(row).execute(c)?);
    Ok(())
}

pub(super) fn update(conn: &mut Conn, row: &OpeningRow) -> Result<()> {
    each!(conn, c => diesel::update(openings::table.find((row.chain_id, row.id))).set(row).execute(c)?);
    Ok(())
}

/// Members in the file's order; `moved`: only those with which anything has happened since.
pub(super) fn members(
    conn: &mut Conn,
    (chain, opening): (ChainId, OpeningId),
    moved: bool,
    after: i64,
    limit: i64,
) -> Result<Vec<OpeningMember>> {
    type Row = (i64, Id, i32, bool);
    let opening = opening.0;
    let rows: Vec<Row> = if moved {
        fetch!(conn, SelectMoved, [chain, opening, after, limit] => Row)?
    } else {
        fetch!(conn, SelectMembers, [chain, opening, after, limit] => Row)?
    };
    let member = |(line, membership, moved, undone): Row| OpeningMember {
        line,
        membership_id: membership.typed(),
        moved: moved != 0,
        undone,
    };
    Ok(rows.into_iter().map(member).collect())
}

/// A row that was booked.
pub(super) struct BookedRow {
    pub line: i64,
    pub membership: MembershipId,
    pub entry: EntryId,
    pub asset: String,
    pub amount: i64,
}

/// Notes which memberships a file has made, and what booked its rows.
pub(super) fn note(
    conn: &mut Conn,
    (chain, opening): (ChainId, Id),
    members: &[(i64, MembershipId)],
    rows: &[BookedRow],
) -> Result<()> {
    let mut made = Waiting::<InsertMember>::default();
    for (line, membership) in members {
        made.add([chain.into(), opening.0.into(), (*line).into(), (*membership).into()]);
    }
    made.write(conn)?;
    let mut booked = Waiting::<InsertRow>::default();
    for row in rows {
        booked.add([
            chain.into(),
            opening.0.into(),
            row.line.into(),
            row.membership.into(),
            row.entry.into(),
            (&row.asset).into(),
            row.amount.into(),
        ]);
    }
    booked.write(conn)?;
    Ok(())
}

/// Closes every membership that a file has made and with which nothing has happened since, and drops their passes and what
/// could be paid back, so that nothing can happen any more; how many they were.
pub(super) fn close(conn: &mut Conn, chain: ChainId, opening: Id) -> Result<usize> {
    let closed = run!(conn, CloseMembers, [chain, chain, opening.0])?;
    run!(conn, DropPasses, [chain, chain, opening.0])?;
    run!(conn, DropTopUps, [chain, chain, opening.0])?;
    Ok(closed)
}

/// The next members to take back: line and membership.
pub(super) fn left(conn: &mut Conn, chain: ChainId, opening: Id, limit: i64) -> Result<Vec<(i64, MembershipId)>> {
    let rows = fetch!(conn, SelectLeft, [chain, opening.0, limit] => (i64, Id))?;
    Ok(rows.into_iter().map(|(line, id)| (line, id.typed())).collect())
}

pub(super) fn mark_undone(conn: &mut Conn, chain: ChainId, opening: Id, through: i64) -> Result<()> {
    run!(conn, MarkUndone, [chain, opening.0, through])?;
    Ok(())
}

/// A membership's lots, with the entries that opened them.
pub(super) fn lots(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<Vec<(LotId, EntryId)>> {
    let rows = fetch!(conn, SelectLots, [chain, membership] => (Id, Id))?;
    Ok(rows
        .into_iter()
        .map(|(lot, entry)| (lot.typed(), entry.typed()))
        .collect())
}
