//! Saves what a decision wants: one cached statement per row, the same text on both databases.

use super::insert::*;
use super::ledger::{CardEvent, Decision};
use super::tx::{AuditRow, Message};
use crate::actor::Actor;
use crate::audit::{Content, Trail};
use crate::error::{Error, Result};
use crate::plugin::RecordedInput;
use crate::store::Conn;
use crate::store::statement::run;
use cardea_domain::card::Block;
use cardea_domain::id::*;
use cardea_domain::rows::*;
use cardea_domain::{Instant, rows};
use diesel::QueryResult;
use std::collections::HashMap;

/// Where the rows of one command go.
pub(super) struct Saver<'a> {
    pub conn: &'a mut Conn,
    pub actor: &'a Actor,
    /// Technical time.
    pub now: Instant,
    pub ids: &'a mut dyn NewIds,
    /// The writer's lane of the audit log.
    pub trail: &'a mut Trail,
}

impl Saver<'_> {
    fn chain(&self) -> ChainId {
        self.actor.chain
    }

    /// Saves everything a decision wants. On an error the transaction must be rolled back.
    pub fn save(&mut self, decision: &Decision) -> Result<()> {
        if let Some(rows) = &decision.before {
            self.rows(rows, "")?;
        }
        self.rows(&decision.rows, &decision.answer.json)?;
        for input in &decision.inputs {
            self.input(input)?;
        }
        for event in &decision.card_events {
            self.card_event(event)?;
        }
        self.notes(&decision.audit, &decision.outbox)
    }

    fn rows(&mut self, rows: &Rows, answer: &str) -> Result<()> {
        self.memberships(rows)?;
        self.cards(rows)?;
        for bill in &rows.bills {
            self.bill(bill, answer)?;
        }
        self.bill_details(rows)?;
        self.progress(rows)?;
        for entry in &rows.entries {
            self.entry(entry)?;
        }
        self.lots(rows)?;
        self.figures(rows)
    }

    /// The audit and outbox rows of any command.
    pub fn notes(&mut self, audit: &[AuditRow], outbox: &[Message]) -> Result<()> {
        let (chain, now) = (self.chain(), self.now);
        for row in audit {
            self.note(row)?;
        }
        for message in outbox {
            run!(
                self.conn,
                InsertMessage,
                [
                    chain,
                    self.ids.next_id(),
                    message.topic,
                    message.payload.to_string(),
                    now
                ]
            )?;
        }
        Ok(())
    }

    fn note(&mut self, row: &AuditRow) -> Result<()> {
        let (actor, detail) = (self.actor, row.detail.to_string());
        let content = Content {
            chain: actor.chain.0,
            id: self.ids.next_id(),
            at: self.now.0,
            staff: actor.staff.map(|id| id.0),
            session: actor.session.map(|id| id.0),
            source_ip: actor.source_ip.as_deref(),
            action: row.action,
            subject: row.subject,
            detail: &detail,
        };
        let place = self.trail.place(&content)?;
        run!(
            self.conn,
            InsertAudit,
            [
                content.chain,
                content.id,
                content.at,
                content.staff,
                content.session,
                content.source_ip,
                content.action,
                content.subject,
                content.detail,
                place.lane,
                place.seq,
                place.previous.bytes(),
                place.sha.bytes(),
            ]
        )?;
        Ok(())
    }

    fn memberships(&mut self, rows: &Rows) -> Result<()> {
        let chain = self.chain();
        for m in &rows.memberships {
            let first = rows.cards.iter().find(|card| card.membership == m.id);
            let reference = first
                .ok_or_else(|| Error::internal("a membership without a first card"))?
                .number
                .as_str();
            run!(
                self.conn,
                InsertMembership,
                [
                    chain,
                    m.id,
                    m.program,
                    m.customer,
                    m.store,
                    m.opened_at,
                    m.opened_on,
                    m.valid_through,
                    m.expires_at,
                    &m.tier,
                    true,
                    reference,
                ]
            )?;
        }
        for u in &rows.membership_updates {
            let changed = run!(
                self.conn,
                UpdateMembership,
                [&u.tier, u.open, u.purchases, u.version, chain, u.id]
            )?;
            expect_one(changed, "membership")?;
        }
        for t in &rows.tier_changes {
            run!(
                self.conn,
                InsertTierChange,
                [
                    chain,
                    t.membership,
                    t.at,
                    self.ids.next_id(),
                    t.kind.as_str(),
                    &t.from,
                    &t.to,
                    t.since,
                    t.day,
                    t.cause,
                    t.figure,
                    t.threshold,
                    &t.explanation.zh,
                    &t.explanation.en,
                ]
            )?;
        }
        Ok(())
    }

    fn cards(&mut self, rows: &Rows) -> Result<()> {
        let chain = self.chain();
        for c in &rows.cards {
            run!(
                self.conn,
                InsertCard,
                [
                    chain,
                    c.id,
                    c.membership,
                    c.number.as_str(),
                    c.number.last_four(),
                    c.kind.as_str(),
                    c.store,
                    c.issued_at,
                    c.valid_through,
                    c.replaces,
                ]
            )?;
        }
        for u in &rows.card_updates {
            let changed = run!(
                self.conn,
                UpdateCard,
                [
                    u.state.as_str(),
                    blocks_text(&u.blocks),
                    u.replaced_by,
                    u.version,
                    chain,
                    u.id,
                ]
            )?;
            expect_one(changed, "card")?;
        }
        Ok(())
    }

    fn bill(&mut self, b: &BillRow, answer: &str) -> QueryResult<usize> {
        run!(
            self.conn,
            InsertBill,
            [
                self.actor.chain,
                b.id,
                b.kind.as_str(),
                b.key.store,
                &b.key.source,
                &b.key.till,
                b.key.business_date,
                &b.key.receipt,
                &b.content,
                b.occurred_at,
                self.now,
                b.staff,
                b.customer,
                b.membership,
                b.card,
                b.original,
                b.reward,
                b.total,
                b.rounding,
                b.paid,
                b.judgement.as_str(),
                b.earned,
                b.spent,
                &b.bonuses,
                &b.terms,
                b.reason.as_deref(),
                answer,
            ]
        )
    }

    fn bill_details(&mut self, rows: &Rows) -> Result<()> {
        let chain = self.chain();
        for l in &rows.lines {
            run!(
                self.conn,
                InsertLine,
                [
                    chain,
                    l.bill,
                    l.number,
                    &l.sku,
                    &l.category,
                    l.quantity,
                    l.amount,
                    l.list_amount,
                    l.discount,
                    l.counted,
                    l.contribution,
                    &l.attributes,
                ]
            )?;
        }
        for t in &rows.tenders {
            run!(
                self.conn,
                InsertTender,
                [chain, t.bill, t.position, t.kind.as_str(), t.amount, t.points]
            )?;
        }
        Ok(())
    }

    fn progress(&mut self, rows: &Rows) -> Result<()> {
        let chain = self.chain();
        for p in &rows.progress {
            let changed = run!(
                self.conn,
                UpdateProgress,
                [
                    p.returned_money,
                    p.returned_paid,
                    p.clawed_back,
                    p.given_back,
                    chain,
                    p.bill,
                ]
            )?;
            expect_one(changed, "bill")?;
            for (number, quantity) in &p.lines {
                run!(self.conn, UpdateLineReturned, [*quantity, chain, p.bill, *number])?;
            }
            for (position, money) in &p.tenders {
                run!(self.conn, UpdateTenderReturned, [*money, chain, p.bill, *position])?;
            }
        }
        for (bill, input) in &rows.unjudged {
            run!(self.conn, InsertUnjudged, [chain, *bill, input])?;
        }
        for bill in &rows.judged {
            expect_one(run!(self.conn, DeleteUnjudged, [chain, *bill])?, "unjudged sale")?;
        }
        for b in &rows.bill_memberships {
            let changed = run!(
                self.conn,
                UpdateBillMembership,
                [
                    b.membership,
                    b.judgement.as_str(),
                    b.earned,
                    &b.bonuses,
                    &b.terms,
                    chain,
                    b.bill,
                ]
            )?;
            expect_one(changed, "bill")?;
            for (number, contribution) in &b.contributions {
                run!(self.conn, UpdateContribution, [*contribution, chain, b.bill, *number])?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, e: &EntryRow) -> QueryResult<()> {
        let chain = self.chain();
        run!(
            self.conn,
            InsertEntry,
            [
                chain,
                e.id,
                e.program,
                e.membership,
                &e.asset.0,
                e.kind.as_str(),
                e.amount,
                e.counter.as_str(),
                e.bill,
                e.store,
                e.occurred_at,
                self.now,
                &e.rule,
                &e.explanation.zh,
                &e.explanation.en,
                e.line,
                e.reverses,
                e.configuration,
                e.input.as_ref().map(|hash| hash.as_slice()),
            ]
        )?;
        run!(
            self.conn,
            InsertPostings,
            [
                chain,
                e.id,
                e.membership,
                &e.asset.0,
                e.amount,
                chain,
                e.id,
                e.counter.as_str(),
                e.program,
                &e.asset.0,
                -e.amount,
            ]
        )?;
        Ok(())
    }

    /// New lots go in with their final remainder, so that only older ones need an update.
    fn lots(&mut self, rows: &Rows) -> Result<()> {
        let chain = self.chain();
        let mut left: HashMap<LotId, i64> = rows.lot_moves.iter().map(|m| (m.lot, m.remaining)).collect();
        for l in &rows.lots {
            let remaining = left.remove(&l.id).unwrap_or(l.amount);
            run!(
                self.conn,
                InsertLot,
                [
                    chain,
                    l.id,
                    l.membership,
                    &l.asset.0,
                    l.entry,
                    l.bill,
                    l.amount,
                    remaining,
                    l.opened_at,
                    l.matures_at,
                    l.expires_at,
                ]
            )?;
        }
        for m in &rows.lot_moves {
            run!(self.conn, InsertLotMove, [chain, m.lot, m.entry, m.delta])?;
        }
        for (lot, remaining) in left {
            expect_one(run!(self.conn, UpdateLot, [remaining, chain, lot])?, "lot")?;
        }
        Ok(())
    }

    fn figures(&mut self, rows: &Rows) -> Result<()> {
        let chain = self.chain();
        for a in &rows.accounts {
            run!(
                self.conn,
                UpsertAccount,
                [chain, a.membership, &a.asset.0, a.balance, a.debt]
            )?;
        }
        for rows::MeasureDelta {
            membership,
            measure,
            day,
            delta,
        } in &rows.measures
        {
            run!(self.conn, AddMeasure, [chain, *membership, *measure, *day, *delta])?;
        }
        for (reward, delta) in &rows.stock {
            expect_one(run!(self.conn, AddStock, [*delta, chain, *reward])?, "reward")?;
        }
        Ok(())
    }

    fn input(&mut self, input: &RecordedInput) -> QueryResult<usize> {
        run!(
            self.conn,
            InsertInput,
            [self.actor.chain, &input.sha256, input.bytes.as_slice()]
        )
    }

    fn card_event(&mut self, e: &CardEvent) -> QueryResult<usize> {
        run!(
            self.conn,
            InsertCardEvent,
            [
                self.actor.chain,
                self.ids.next_id(),
                e.card,
                e.operation,
                self.actor.staff,
                e.store,
                e.reason.as_deref(),
                e.detail.to_string(),
                e.at,
                e.from,
                e.to,
                e.blocks.as_str(),
            ]
        )
    }
}

/// Blocks as they stand in the table: names joined by commas.
pub(crate) fn blocks_text(blocks: &[Block]) -> String {
    blocks.iter().map(|block| block.as_str()).collect::<Vec<_>>().join(",")
}

/// An update that finds no row means that the state was loaded wrongly: the command must not go through.
fn expect_one(changed: usize, what: &str) -> Result<()> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "{changed} rows of {what} changed instead of one"
        )))
    }
}
