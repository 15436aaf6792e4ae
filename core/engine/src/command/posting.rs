//! A sale as it goes to the writer: what it needs, and what is decided.

use super::campaigns::{Offers, covered};
use super::code;
use super::confirmation::noted;
use super::desk::stale;
use super::gift::{Gifts, RewardOnBill};
use super::guard::Guarded;
use super::holder::any_held;
use super::purse::{self, Purse};
use super::sale_view::{MemberView, SaleView};
use super::told;
use super::voucher::Claims;
use crate::error::Result;
use crate::store::Answer;
use crate::store::writer::AuditRow;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::parts::Asked;
use cardea_domain::id::*;
use cardea_domain::ledger::Member;
use cardea_domain::sale::*;
use cardea_domain::{Refusal, Text};
use serde_json::json;

/// A sale on its way to the writer.
pub(super) struct Posting {
    pub quote: bool,
    pub args: SaleArgs,
    pub proposal: Option<Proposal>,
    pub context: Context,
    pub member: Option<MembershipId>,
    pub introducer: Option<MembershipId>,
    pub asked: Option<Asked>,
    /// The membership that is meant, whether or not it earns.
    pub found: Option<MembershipId>,
    /// As in [`Holder`].
    pub held: Option<bool>,
    pub standing: Option<Vec<MembershipId>>,
    pub not_earned: Option<Text>,
    pub claims: Claims,
    pub offers: Offers,
    pub gifts: Gifts,
    pub purse: Purse,
    /// The code that was shown, to be used up.
    pub code: Option<(CardId, i64)>,
    pub confirmed: Confirmed,
    /// What the plugin demands before the member's value and points pay.
    pub guarded: Guarded,
    /// Of an import nobody is told, and nothing is to be confirmed.
    pub trusted: bool,
}

impl Posting {
    /// A card of this kind spends and doesn't earn: whatever the plugin proposed.
    pub fn earns_nothing(&mut self, why: Text) {
        if let Some(proposal) = &mut self.proposal {
            (proposal.outcome, proposal.input) = (Some(Outcome::default()), None);
        }
        (self.not_earned, self.asked) = (Some(why), None);
    }

    /// What the program demands to be confirmed, and wasn't.
    fn lacking(&self, spent: &SaleAnswer) -> Vec<Demand> {
        if self.trusted {
            return Vec::new();
        }
        let terms = &self.context.terms.requirements;
        let paid = |kinds: fn(TenderKind) -> bool| self.paid(kinds);
        let points = match spent.points_spent {
            0 => 0,
            _ => paid(|kind| kind == TenderKind::Points),
        };
        let value = paid(|kind| kind == TenderKind::Value || kind.value_asset().is_some());
        let mut lacking = self.confirmed.lacking(terms, ConfirmedUse::SpendPoints, points);
        lacking.extend(self.confirmed.lacking(terms, ConfirmedUse::SpendValue, value));
        self.guarded.lacking(self.confirmed, lacking)
    }

    /// What tenders of some kinds pay, minor units.
    pub fn paid(&self, kinds: fn(TenderKind) -> bool) -> i64 {
        let tenders = self.args.bill.tenders.iter().filter(|tender| kinds(tender.kind));
        tenders.map(|tender| tender.amount).sum()
    }

    /// Whether it takes what the membership has.
    pub fn spends(&self) -> bool {
        let of_member =
            |kind: TenderKind| matches!(kind, TenderKind::Points | TenderKind::Value) || kind.value_asset().is_some();
        !self.gifts.is_empty() || self.args.bill.tenders.iter().any(|tender| of_member(tender.kind))
    }

    /// Whether points of it.
    pub fn spends_points(&self) -> bool {
        let mut tenders = self.args.bill.tenders.iter();
        !self.gifts.is_empty() || tenders.any(|tender| tender.kind == TenderKind::Points)
    }

    /// The card that was shown works; or, where points are spent without one, any of the membership does, or a reported
    /// loss would stop nothing (D-CARD-5).
    fn check_cards(&self, state: &State) -> Result<(), Refusal> {
        let at = self.context.judged_at;
        let refused = || state.cards.values().find_map(|card| card.check_usable(at).err());
        let Some(held) = self.held else {
            return refused().map_or(Ok(()), Err);
        };
        let works = state.cards.values().any(|card| card.check_usable(at).is_ok());
        if !works && self.spends() {
            return refused().map_or(Ok(()), |refusal| Err(refusal.at("/member/customer_id")));
        }
        // The only card was cancelled, or another one issued, since the proposal.
        if any_held(state.cards.values(), at) == held {
            Ok(())
        } else {
            Err(stale())
        }
    }

    /// What of the points tender the member lacks, out of the pool. A tender that can't be paid so is refused by what both
    /// have.
    fn lend(&self, member: Option<&mut Member>, state: &mut State, ids: &mut dyn NewIds) -> Result<Lent, Refusal> {
        let (Some(member), true) = (member, state.pool.is_some()) else {
            return Ok(Lent::default());
        };
        let context = &self.context;
        let (own, shared) = (
            purse::own(member, context.judged_at),
            purse::shared(state, member, context),
        );
        if shared == 0 {
            return Ok(Lent::default());
        }
        let wanted = points_wanted(&self.args.bill, own + shared, context);
        let needed = wanted
            .map_err(|refusal| purse::short(refusal, own, shared))?
            .unwrap_or_default();
        let to = LentFor {
            bill: self.args.id,
            occurred_at: self.args.occurred_at,
        };
        purse::lend(state, member, needed, to, context, ids)
    }

    fn answer(
        &self,
        answer: &SaleAnswer,
        (rewards, from): (&[RewardOnBill], &FromPool),
        lacking: &[Demand],
    ) -> Result<Answer> {
        Answer::booked(&answer.entries, |entries| SaleView {
            id: (!self.quote).then_some(answer.id),
            points_earned: answer.points_earned,
            points_spent: answer.points_spent,
            paid: answer.paid,
            judged: answer.judged,
            entries,
            balances: answer.balances.clone(),
            tier: answer.tier.clone(),
            tier_next: answer.tier_next.clone(),
            member: self.member.map(|membership_id| MemberView {
                membership_id,
                customer: self.args.customer,
            }),
            not_earned: self.not_earned.clone(),
            rewards: rewards.to_vec(),
            from_pool: purse::told(from),
            confirmations: lacking.to_vec(),
        })
    }
}

impl LedgerCommand for Posting {
    fn needs(&self) -> Needs {
        let figures = self.context.ladder.wanted(self.args.key.business_date);
        let member = self.member.map(|id| MemberNeed {
            id,
            figures,
            upgrades: false,
        });
        let introducer = self.introducer.map(|id| MemberNeed {
            id,
            figures: None,
            upgrades: false,
        });
        let judged_at = self.context.judged_at;
        let mut needs = Needs {
            members: member.into_iter().chain(introducer).collect(),
            cards: self.args.card.into_iter().collect(),
            code: self.code,
            cards_of: self.found.filter(|_| self.held.is_some()),
            standing_of: self
                .standing
                .as_ref()
                .and(self.args.customer)
                .map(|customer| (customer, judged_at)),
            ended_of: self
                .member
                .filter(|_| judged_at < self.context.now && self.spends())
                .map(|id| (id, judged_at)),
            vouchers: self.claims.needs(),
            campaigns: self.offers.needs(),
            rewards: self.gifts.needs(),
            ..Needs::default()
        };
        self.purse.need(&mut needs);
        needs
    }

    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        Some((&self.args.key, &self.args.content))
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        self.check_cards(state)?;
        let mut member = state.take(self.member);
        // Somebody has opened a membership for the customer meanwhile, or this one is gone.
        let changed = self
            .standing
            .as_ref()
            .is_some_and(|standing| *standing != state.standing);
        if changed || member.is_some() != self.member.is_some() {
            return Err(stale());
        }
        self.purse.check(state)?;
        if member.as_ref().is_some_and(|member| !self.guarded.is_current(member)) {
            return Err(stale());
        }
        // Before the sale, at the old balance.
        let exchanged = self.gifts.decide(member.as_mut(), state, ids)?;
        let used = self.claims.decide((self.args.id, &self.args.bill), state, ids)?;
        let outcome = self.proposal.as_ref().and_then(|proposal| proposal.outcome.as_ref());
        let added = self.offers.add(outcome, || covered(&self.args.bill), state)?;
        let with_campaigns = added.to(self.proposal.as_ref());
        let lent = self.lend(member.as_mut(), state, ids)?;
        // Who introduced them may be in the pool as well.
        let mut introducer = state.take(self.introducer);
        let (rows, mut answer) = decide_sale(
            member.as_mut(),
            introducer.as_mut(),
            &self.args,
            with_campaigns.as_ref().or(self.proposal.as_ref()),
            &self.context,
            ids,
        )?;
        let mut rows = rows.after(lent.rows);
        answer.entries.splice(0..0, lent.entries);
        if answer.judged == Judgement::Judged {
            self.offers.note(added, answer.id, &mut rows, ids);
        }
        let lacking = self.lacking(&answer);
        if !self.quote {
            self.guarded.check(&lacking)?;
        }
        code::use_up(self.code, state, &mut rows)?;
        let rewards = self.gifts.told(&exchanged, self.quote);
        let from = exchanged.iter().fold(lent.from, |from, done| from.and(&done.from));
        let mut decision = Decision::new(rows, self.answer(&answer, (&rewards, &from), &lacking)?);
        Gifts::add(exchanged, &mut decision);
        decision.rows.voucher_uses = used;
        let detail = json!({ "paid": answer.paid, "earned": answer.points_earned, "spent": answer.points_spent });
        let detail = noted(detail, self.confirmed);
        decision.notes.audit.push(AuditRow {
            action: "sale.post",
            subject: Some(answer.id.0),
            detail,
        });
        if answer.judged == Judgement::Unjudged {
            let payload = json!({ "sale_id": answer.id });
            decision.notes.outbox.push(crate::store::Message {
                topic: "sale.unjudged",
                payload,
            });
        }
        if let Some(member) = member.filter(|_| !self.trusted) {
            let changes = &decision.rows.tier_changes;
            decision.notes.notices = told::of_tiers(&self.context.ladder, &member, changes);
        }
        decision.asked = self.asked.clone();
        decision.questions.extend(self.guarded.questions());
        Ok(decision)
    }
}
