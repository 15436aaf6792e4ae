//! What few commands change: rows that were there before the wave.

use super::insert::*;
use super::parts::parts_of;
use super::save::{expect, row};
use super::{campaigns, claims, credentials, pools, vouchers};
use crate::error::Result;
use crate::store::Conn;
use crate::store::statement::{Bind, Waiting, run};
use cardea_domain::id::*;
use cardea_domain::rows::{LotExtension, RenewalRow, Rows};

/// What few commands change, at once: rows that were there before the wave.
pub(super) fn save(conn: &mut Conn, chain: ChainId, rows: &Rows) -> Result<()> {
    for p in &rows.progress {
        let so_far = [p.returned_money, p.returned_paid, p.clawed_back, p.given_back];
        let [money, paid, clawed_back, given_back] = so_far;
        let mut parts = parts_of(conn, chain, p.bill)?;
        parts.lines_returned(&p.lines)?;
        parts.tenders_returned(&p.tenders)?;
        let changed = run!(
            conn,
            UpdateProgress,
            [money, paid, clawed_back, given_back, parts.text()?, chain, p.bill]
        )?;
        expect((1, changed), "bill")?;
    }
    renewals(conn, chain, &rows.renewals)?;
    for (membership, through, until) in &rows.membership_ends {
        let changed = run!(conn, UpdateMembershipEnd, [*through, *until, chain, *membership])?;
        expect((1, changed), "membership")?;
    }
    extensions(conn, chain, &rows.lot_extensions)?;
    for (membership, lot, until) in &rows.lot_dates {
        let changed = run!(conn, UpdateLotDate, [*until, chain, *membership, *lot])?;
        expect((1, changed), "lot")?;
    }
    for bill in &rows.judged {
        let changed = run!(conn, DeleteUnjudged, [chain, *bill])?;
        expect((1, changed), "unjudged sale")?;
    }
    for b in &rows.bill_memberships {
        let judgement = b.judgement.as_str();
        let mut parts = parts_of(conn, chain, b.bill)?;
        parts.lines_judged(&b.contributions)?;
        let parts = parts.text()?;
        let changed = run!(
            conn,
            UpdateBillMembership,
            [
                b.membership,
                judgement,
                b.earned,
                &b.bonuses,
                &b.terms,
                parts,
                chain,
                b.bill
            ]
        )?;
        expect((1, changed), "bill")?;
    }
    credentials::save(conn, chain, rows)?;
    claims::save(conn, chain, rows)?;
    vouchers::save(conn, chain, rows)?;
    pools::save(conn, chain, rows)?;
    campaigns::save(conn, chain, rows)
}

/// Lots that go on at their end, and why.
fn extensions(conn: &mut Conn, chain: ChainId, extensions: &[LotExtension]) -> Result<()> {
    let mut rows = Waiting::<InsertLotExtension>::default();
    for e in extensions {
        rows.add(row![
            chain,
            e.lot,
            e.at,
            e.membership,
            e.with_membership,
            e.was,
            e.until,
            &e.rule,
            &e.explanation.zh,
            &e.explanation.en,
            e.configuration,
            e.input.as_slice(),
        ]);
    }
    rows.write(conn)?;
    Ok(())
}

/// The new ends of memberships, and why.
fn renewals(conn: &mut Conn, chain: ChainId, renewals: &[RenewalRow]) -> Result<()> {
    let mut rows = Waiting::<InsertRenewal>::default();
    for r in renewals {
        let changed = run!(
            conn,
            UpdateMembershipEnd,
            [r.valid_through, r.expires_at, chain, r.membership]
        )?;
        expect((1, changed), "membership")?;
        rows.add(row![
            chain,
            r.id,
            r.membership,
            r.staff,
            r.store,
            r.at,
            r.applied_on,
            r.was_valid_through,
            r.valid_through,
            r.reopened,
            r.points_ended,
            &r.rule,
            &r.explanation.zh,
            &r.explanation.en,
            r.configuration,
            r.input.as_ref().map(|hash| hash.as_slice()),
        ]);
    }
    rows.write(conn)?;
    Ok(())
}
