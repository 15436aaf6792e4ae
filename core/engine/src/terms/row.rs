//! The tables of terms.

use crate::each;
use crate::error::Result;
use crate::store::schema::{memberships, term_acceptances, terms};
use crate::store::{Conn, Id, Name};
use cardea_domain::id::{ChainId, MembershipId};
use cardea_domain::terms::{AcceptanceChannel, TermsKind};
use diesel::prelude::*;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = terms)]
pub(super) struct TermsRow {
    pub chain_id: Id,
    pub id: Id,
    pub kind: Name<TermsKind>,
    pub number: i32,
    pub least: i32,
    pub document: String,
    pub hash: Vec<u8>,
    pub staff_id: Option<Id>,
    pub created_at: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = term_acceptances)]
pub(super) struct AcceptanceRow {
    pub chain_id: Id,
    pub id: Id,
    pub membership_id: Id,
    pub terms_id: Id,
    pub kind: Name<TermsKind>,
    pub number: i32,
    pub channel: Name<AcceptanceChannel>,
    pub at: i64,
    pub noted_at: i64,
    pub staff_id: Option<Id>,
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<TermsRow>> {
    let row = terms::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(TermsRow::as_select()).get_result(c).optional()?))
}

/// The latest version of a kind.
pub(super) fn latest(conn: &mut Conn, chain: ChainId, kind: TermsKind) -> Result<Option<TermsRow>> {
    let own = terms::chain_id.eq(Id::from(chain)).and(terms::kind.eq(Name(kind)));
    Ok(each!(conn, c => terms::table
        .select(TermsRow::as_select())
        .filter(own)
        .order(terms::number.desc())
        .first(c)
        .optional()?))
}

/// The program of a membership, and whether it is open.
pub(super) fn membership(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<Option<(Id, bool)>> {
    let row = memberships::table.find((Id::from(chain), Id::from(id)));
    Ok(each!(conn, c => row
        .select((memberships::program_id, memberships::open))
        .get_result(c)
        .optional()?))
}

/// What a membership has accepted, newest first.
pub(super) fn accepted(conn: &mut Conn, chain: ChainId, membership: Id) -> Result<Vec<AcceptanceRow>> {
    let own = term_acceptances::chain_id
        .eq(Id::from(chain))
        .and(term_acceptances::membership_id.eq(membership));
    Ok(each!(conn, c => term_acceptances::table
        .select(AcceptanceRow::as_select())
        .filter(own)
        .order(term_acceptances::id.desc())
        .load(c)?))
}
