//! Saves what decisions want: the rows of a whole wave of commands are collected by table and written with as few
//! statements as possible, the same text on both databases.

use super::answers;
use super::insert::*;
use super::ledger::{CardEvent, Decision, Question};
use super::parts::{self, Asked};
use super::pools;
use super::prepaid;
use super::rare;
use super::sums::{Balances, Differences, MembershipUpdates, write_figures, write_updates};
use super::tx::{Answer, AuditRow, IdempotencyKey, Message, Notes};
use crate::actor::Actor;
use crate::audit::{Content, Trail};
use crate::error::{Error, Result};
use crate::store::Conn;
use crate::store::statement::{Bind, Waiting, run};
use cardea_domain::card::Block;
use cardea_domain::id::*;
use cardea_domain::rows::*;
use cardea_domain::{Instant, webhook};
use std::collections::HashMap;

/// Where the rows of one wave go. No two of its commands touch the same membership, card, bill or reward.
pub(super) struct Saver<'a> {
    /// Technical time.
    now: Instant,
    ids: &'a mut dyn NewIds,
    /// The writer's lane of the audit log.
    trail: &'a mut Trail,
    rows: Waits<'a>,
}

/// What waits to be written, by table.
#[derive(Default)]
struct Waits<'a> {
    memberships: Waiting<'a, InsertMembership>,
    membership_updates: MembershipUpdates<'a>,
    tier_changes: Waiting<'a, InsertTierChange>,
    cards: Waiting<'a, InsertCard>,
    card_events: Waiting<'a, InsertCardEvent>,
    acceptances: Waiting<'a, InsertAcceptance>,
    bills: Waiting<'a, InsertBill>,
    unjudged: Waiting<'a, InsertUnjudged>,
    entries: Waiting<'a, InsertEntry>,
    lots: Waiting<'a, InsertLot>,
    lot_moves: Waiting<'a, InsertLotMove>,
    lot_updates: Waiting<'a, UpdateLots>,
    lots_ended: Waiting<'a, UpdateLotsEnded>,
    accounts: Balances<'a>,
    measures: Differences,
    inputs: Waiting<'a, InsertInput>,
    questions: Waiting<'a, InsertQuestion>,
    audit: Waiting<'a, InsertAudit>,
    outbox: Waiting<'a, InsertMessage>,
    notices: Waiting<'a, InsertNotice>,
    keys: Waiting<'a, InsertKey>,
    prepaid: prepaid::Waits<'a>,
}

macro_rules! row {
    ($($value:expr),* $(,)?) => {
        [$(Bind::from($value)),*]
    };
}
pub(super) use row;

impl<'a> Saver<'a> {
    pub fn new(now: Instant, ids: &'a mut dyn NewIds, trail: &'a mut Trail) -> Self {
        Self {
            now,
            ids,
            trail,
            rows: Waits::default(),
        }
    }

    /// Takes everything a decision wants; `at`: business time. On an error the transaction must be rolled back.
    pub fn add(&mut self, conn: &mut Conn, (actor, at): (&'a Actor, Instant), decision: &'a Decision) -> Result<()> {
        for (rows, answer) in &decision.before {
            // A membership that ends makes room for the one that follows it; what is exchanged on a bill comes before it.
            self.write(conn)?;
            self.take(conn, actor, rows, (answer, None))?;
            pools::leave(conn, actor.chain, rows, at)?;
            self.write(conn)?;
        }
        let kept = (decision.answer.kept(), decision.asked.as_ref());
        self.take(conn, actor, &decision.rows, kept)?;
        pools::leave(conn, actor.chain, &decision.rows, at)?;
        let chain = actor.chain;
        for input in &decision.inputs {
            let bytes = input.bytes.as_slice();
            self.rows.inputs.add(row![chain, &input.sha256, bytes]);
        }
        for question in &decision.questions {
            self.question(chain, question, at);
        }
        for event in &decision.card_events {
            self.card_event(actor, event);
        }
        for (membership, terms) in &decision.accepted {
            let id = self.ids.next_id();
            self.rows.acceptances.add(terms.row(actor, id, *membership));
        }
        self.notes(actor, &decision.notes, at)
    }

    fn question(&mut self, chain: ChainId, question: &'a Question, at: Instant) {
        let input = &question.input;
        self.rows.inputs.add(row![chain, &input.sha256, input.bytes.as_slice()]);
        self.rows.questions.add(row![
            chain,
            self.ids.next_id(),
            question.function.as_str(),
            question.subject,
            at,
            question.configuration,
            input.sha256.as_slice(),
        ]);
    }

    fn take(
        &mut self,
        conn: &mut Conn,
        actor: &Actor,
        rows: &'a Rows,
        (answer, asked): (&'a str, Option<&Asked>),
    ) -> Result<()> {
        let chain = actor.chain;
        self.memberships(chain, rows)?;
        self.cards(conn, chain, rows)?;
        for bill in &rows.bills {
            let parts = parts::of_bill(bill.id, rows, asked)?;
            self.bill(chain, bill, parts, answer);
        }
        for (bill, input) in &rows.unjudged {
            self.rows.unjudged.add(row![chain, *bill, input]);
        }
        for entry in &rows.entries {
            self.entry(chain, entry);
        }
        self.lots(chain, rows)?;
        let accounts = rows.accounts.iter();
        let accounts = accounts.map(|a| ((chain, a.membership, a.asset.0.as_str()), (a.balance, a.debt)));
        self.rows.accounts.extend(accounts);
        for m in &rows.measures {
            *self
                .rows
                .measures
                .entry((chain, m.membership, m.measure, m.day))
                .or_default() += m.delta;
        }
        self.rows.prepaid.take(chain, rows);
        rare::save(conn, chain, rows)
    }

    /// The audit and outbox rows of any command, and what people are told of it. `at`: business time.
    pub fn notes(&mut self, actor: &Actor, notes: &'a Notes, at: Instant) -> Result<()> {
        for row in &notes.audit {
            self.note(actor, row)?;
        }
        self.tell(actor.chain, &notes.outbox);
        for notice in &notes.notices {
            let id = self.ids.next_id();
            self.rows.notices.add(notice.row(actor.chain, id, at));
        }
        Ok(())
    }

    /// Events for other systems.
    pub fn tell(&mut self, chain: ChainId, events: &[Message]) {
        for Message { topic, payload } in events {
            debug_assert!(
                webhook::label(topic).is_some(),
                "{topic} is missing in the table of topics"
            );
            let (id, payload) = (self.ids.next_id(), payload.to_string());
            self.rows.outbox.add(row![chain, id, *topic, payload, self.now]);
        }
    }

    /// An answer under a client's key; what booked a bill answers from there.
    pub fn key(&mut self, chain: ChainId, key: &'a IdempotencyKey, answer: &'a Answer, bill: Option<BillId>) {
        let status = i32::from(answer.status);
        let json = bill.is_none().then_some(answer.json.as_str());
        self.rows
            .keys
            .add(row![chain, &key.key, &key.request, status, json, bill, self.now]);
    }

    fn note(&mut self, actor: &Actor, row: &AuditRow) -> Result<()> {
        let (id, detail) = (self.ids.next_id(), row.detail.to_string());
        let (staff, session) = (actor.staff.map(|id| id.0), actor.session.map(|id| id.0));
        let place = self.trail.place(&Content {
            chain: actor.chain.0,
            id,
            at: self.now.0,
            staff,
            session,
            source_ip: actor.source_ip.as_deref(),
            action: row.action,
            subject: row.subject,
            detail: &detail,
        })?;
        self.rows.audit.add(row![
            actor.chain,
            id,
            self.now,
            staff,
            session,
            actor.source_ip.clone(),
            row.action,
            row.subject,
            detail,
            place.lane,
            place.seq,
            *place.previous.bytes(),
            *place.sha.bytes(),
        ]);
        Ok(())
    }

    fn memberships(&mut self, chain: ChainId, rows: &'a Rows) -> Result<()> {
        for m in &rows.memberships {
            let first = rows.cards.iter().find(|card| card.membership == m.id);
            let first = first.ok_or_else(|| Error::internal("a membership without a first card"))?;
            self.rows.memberships.add(row![
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
                first.number.as_str(),
            ]);
        }
        for u in &rows.membership_updates {
            let update = self.rows.membership_updates.entry((chain, u.id)).or_insert((u, false));
            *update = (u, update.1 || u.turned);
        }
        for t in &rows.tier_changes {
            let id = self.ids.next_id();
            self.rows.tier_changes.add(row![
                chain,
                t.membership,
                t.at,
                id,
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
                serde_json::to_string(&t.measured)?,
                t.valid_through,
                t.own.as_ref().map(|(from, _)| from.as_str()),
                t.own.as_ref().map(|(_, to)| to.as_str()),
                t.staff,
                t.reason.map(|reason| reason.as_str()),
            ]);
        }
        Ok(())
    }

    fn cards(&mut self, conn: &mut Conn, chain: ChainId, rows: &'a Rows) -> Result<()> {
        for c in &rows.cards {
            self.rows.cards.add(row![
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
                c.state.as_str(),
                c.awaits_approval,
                c.entered_by,
                c.holder_staff,
            ]);
        }
        for u in &rows.card_updates {
            let (state, blocks) = (u.state.as_str(), blocks_text(&u.blocks));
            let kind = u.kind.as_str();
            let changed = run!(
                conn,
                UpdateCard,
                [
                    state,
                    blocks,
                    kind,
                    u.replaced_by,
                    u.valid_through,
                    u.awaits_approval,
                    u.version,
                    chain,
                    u.id
                ]
            )?;
            expect((1, changed), "card")?;
        }
        Ok(())
    }

    fn bill(&mut self, chain: ChainId, b: &'a BillRow, parts: String, answer: &str) {
        self.rows.bills.add(row![
            chain,
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
            parts,
            &b.bonuses,
            &b.terms,
            b.reason.as_deref(),
            answers::shortened(answer, b.id, b.membership),
        ]);
    }

    fn entry(&mut self, chain: ChainId, e: &'a EntryRow) {
        self.rows.entries.add(row![
            chain,
            e.membership,
            e.id,
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
        ]);
    }

    /// New lots go in with their final remainder, so that only older ones need an update.
    fn lots(&mut self, chain: ChainId, rows: &'a Rows) -> Result<()> {
        let mut left: HashMap<LotId, i64> = rows.lot_moves.iter().map(|m| (m.lot, m.remaining)).collect();
        for l in &rows.lots {
            let remaining = left.remove(&l.id).unwrap_or(l.amount);
            self.rows.lots.add(row![
                chain,
                l.membership,
                l.id,
                &l.asset.0,
                l.entry,
                l.bill,
                l.amount,
                remaining,
                l.opened_at,
                l.matures_at,
                l.expires_at,
            ]);
        }
        for (membership, lot) in &rows.lots_ended {
            let remaining = left.remove(lot).unwrap_or_default();
            self.rows.lots_ended.add(row![remaining, chain, *membership, *lot]);
        }
        let opened: HashMap<(LotId, EntryId), i64> = rows.lots.iter().map(|l| ((l.id, l.entry), l.amount)).collect();
        let holders: HashMap<EntryId, MembershipId> = rows.entries.iter().map(|e| (e.id, e.membership)).collect();
        // A lot that came over from another membership is opened as large as it was, and emptied by what was used.
        let opens = |m: &LotMoveRow| opened.get(&(m.lot, m.entry)) == Some(&m.delta);
        let later = rows.lot_moves.iter().filter(|m| !opens(m));
        for m in later {
            self.rows.lot_moves.add(row![chain, m.lot, m.entry, m.delta]);
            // Absolute, so once for each lot.
            if let Some(remaining) = left.remove(&m.lot) {
                let holder = holders.get(&m.entry);
                let holder = *holder.ok_or_else(|| Error::internal("a lot was moved by no entry"))?;
                self.rows.lot_updates.add(row![remaining, chain, holder, m.lot]);
            }
        }
        Ok(())
    }

    fn card_event(&mut self, actor: &Actor, e: &'a CardEvent) {
        let id = self.ids.next_id();
        self.rows.card_events.add(row![
            actor.chain,
            id,
            e.card,
            e.operation,
            actor.staff,
            e.store,
            e.reason.as_deref(),
            e.detail.to_string(),
            e.at,
            e.from,
            e.to,
            e.blocks.as_str(),
            e.finder.as_deref(),
        ]);
    }

    /// Writes what was taken; what others refer to comes first.
    pub fn write(&mut self, conn: &mut Conn) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        rows.memberships.write(conn)?;
        write_updates(conn, &rows.membership_updates)?;
        rows.tier_changes.write(conn)?;
        rows.cards.write(conn)?;
        rows.card_events.write(conn)?;
        rows.acceptances.write(conn)?;
        rows.bills.write(conn)?;
        rows.unjudged.write(conn)?;
        rows.entries.write(conn)?;
        rows.lots.write(conn)?;
        rows.lot_moves.write(conn)?;
        expect(rows.lot_updates.write(conn)?, "lot")?;
        expect(rows.lots_ended.write(conn)?, "ended lot")?;
        write_figures(conn, &rows.accounts, &rows.measures)?;
        rows.prepaid.write(conn)?;
        rows.inputs.write(conn)?;
        rows.questions.write(conn)?;
        rows.audit.write(conn)?;
        rows.outbox.write(conn)?;
        rows.notices.write(conn)?;
        rows.keys.write(conn)?;
        Ok(())
    }
}

/// Blocks as they stand in the table: names joined by commas.
pub(crate) fn blocks_text(blocks: &[Block]) -> String {
    blocks.iter().map(|block| block.as_str()).collect::<Vec<_>>().join(",")
}

/// An update that finds other rows than it names means that the state was loaded wrongly: nothing may go through.
pub(super) fn expect((wanted, changed): (usize, usize), what: &str) -> Result<()> {
    if wanted == changed {
        Ok(())
    } else {
        Err(Error::internal(format!(
            "{changed} rows of {what} changed instead of {wanted}"
        )))
    }
}
