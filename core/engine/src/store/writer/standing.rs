//! Which memberships a customer has, or had at an earlier instant.

use crate::error::Result;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use cardea_domain::error::MembershipChoice;
use cardea_domain::id::*;
use cardea_domain::{Instant, Text};
use diesel::sql_types::{BigInt, Binary, Nullable, Text as SqlText};

statements! {
    SelectUnjudged -> (Binary,) =
        "SELECT id FROM bills WHERE chain_id = ? AND membership_id = ? AND judgement = 'unjudged' LIMIT 1";
    SelectOpen -> (Binary, Binary, Nullable<BigInt>) =
        "SELECT id, program_id, expires_at FROM memberships WHERE chain_id = ? AND customer_id = ? AND open \
         ORDER BY opened_at, id";
    SelectStanding -> (Binary, Binary, BigInt, SqlText, SqlText) =
        "SELECT m.id, m.program_id, m.opened_at, p.name_zh, p.name_en FROM memberships m \
         JOIN programs p ON p.chain_id = m.chain_id AND p.id = m.program_id \
         WHERE m.chain_id = ? AND m.customer_id = ? AND m.merged_into IS NULL \
         AND (m.expires_at IS NULL OR m.expires_at > ?) AND (m.open OR EXISTS \
         (SELECT 1 FROM cards c WHERE c.chain_id = m.chain_id AND c.membership_id = m.id AND c.state = 'void' \
          AND c.blocks LIKE '%expired%')) ORDER BY m.opened_at, m.id";
}

/// Whether a sale of a membership waits to be judged.
pub(crate) fn unjudged(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<bool> {
    Ok(!fetch!(conn, SelectUnjudged, [chain, membership] => (Id,))?.is_empty())
}

/// The customer's membership in a program that is open and unexpired at `now`.
pub(crate) fn open_membership(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    program: ProgramId,
    now: Instant,
) -> Result<Option<MembershipId>> {
    let standing = standing_membership(conn, chain, customer, program)?;
    Ok(standing
        .filter(|(_, end)| end.is_none_or(|end| now < end))
        .map(|(id, _)| id))
}

/// The customer's membership in a program that is not closed, and the first instant after its validity: it may be over
/// without a job having booked it.
pub(crate) fn standing_membership(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    program: ProgramId,
) -> Result<Option<(MembershipId, Option<Instant>)>> {
    let rows = fetch!(conn, SelectOpen, [chain, customer] => (Id, Id, Option<i64>))?;
    let same = rows.into_iter().find(|(_, of, _)| Id::from(program) == *of);
    Ok(same.map(|(id, _, end)| (id.typed(), end.map(Instant))))
}

/// A membership as of an instant.
pub(crate) struct Standing {
    pub choice: MembershipChoice,
    pub opened_at: Instant,
}

/// The customer's memberships whose validity isn't over at `at`, the oldest first: those that are open, and those that
/// nothing but their end has closed since. Some may have been opened after it.
pub(crate) fn memberships_at(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    at: Instant,
) -> Result<Vec<Standing>> {
    type Row = (Id, Id, i64, String, String);
    let rows = fetch!(conn, SelectStanding, [chain, customer, at] => Row)?;
    let standing = |(id, program, opened_at, zh, en): Row| Standing {
        choice: MembershipChoice {
            id: id.typed(),
            program_id: program.typed(),
            program: Text { zh, en },
        },
        opened_at: Instant(opened_at),
    };
    Ok(rows.into_iter().map(standing).collect())
}
