//! Ringing up a sale.

use super::Purpose;
use super::desk::{Desk, Receipt, StoreFacts, check_reason, content_hash, stale};
use super::gift::{ClaimedReward, Gifts, RewardOnBill};
use super::holder::{AsOf, Holder, any_held, without_a_card};
use super::judge::{self, Counted, Question};
use super::sale_view::{MemberView, SaleView};
use super::told;
use super::voucher::{Claims, VoucherTender};
use crate::error::Result;
use crate::identity::Action;
use crate::keys::Digest;
use crate::program::Configuration;
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::parts::Asked;
use crate::store::writer::{AuditRow, load};
use cardea_domain::id::*;
use cardea_domain::identifier::grouped_number;
use cardea_domain::ledger::Member;
use cardea_domain::sale::*;
use cardea_domain::{Instant, Minor, Refusal, Text};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Who a sale is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRef {
    /// A whole card number; the card must be usable.
    Card(String),
    /// By the archive: earns on the open membership while it has a card, blocked or not, or its program needs none.
    /// Without a membership it is booked all the same, `no_member`; of several, one must be named.
    Customer(CustomerId),
    /// By the archive, with the membership that is meant.
    Membership {
        customer: CustomerId,
        membership: MembershipId,
    },
}

impl MemberRef {
    /// With the number in its one form: however it was read, it is the same bill.
    fn plain(&self) -> Self {
        match self {
            Self::Card(number) => Self::Card(grouped_number(number)),
            Self::Customer(_) | Self::Membership { .. } => self.clone(),
        }
    }
}

/// A sale to ring up (or to quote).
#[derive(Clone, Debug)]
pub struct Sale {
    pub store: StoreId,
    /// None: a sale of nobody.
    pub member: Option<MemberRef>,
    /// What books here, e.g. `till`.
    pub source: String,
    pub till: String,
    pub receipt: String,
    /// Business time; at most seven days back unless a manager books or it is trusted.
    pub occurred_at: Instant,
    pub bill: Bill,
    /// Codes among its tenders.
    pub vouchers: Vec<VoucherTender>,
    /// What is exchanged on it.
    pub rewards: Vec<ClaimedReward>,
    /// The bill is meant, although it goes beyond the chain's limit.
    pub over_limit: bool,
    /// Why it is entered so late; demanded of what lies more than seven days back.
    pub reason: Option<String>,
    /// Import and demo: `occurred_at` may lie anywhere, and the sale is judged as of then.
    pub trusted: bool,
}

/// Number, sku, category, quantity, amount, list amount, attributes.
type LineContent<'a> = (i32, &'a str, &'a str, i64, Minor, Minor, &'a [(String, AttrValue)]);

/// What the till sent, for telling a repeat from a conflict.
#[derive(Serialize)]
struct Content<'a> {
    member: &'a Option<MemberRef>,
    occurred_at: Instant,
    rounding: Minor,
    lines: Vec<LineContent<'a>>,
    tenders: Vec<(TenderKind, Minor)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    codes: Vec<Digest>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rewards: Vec<(RewardId, i64, Collect)>,
}

impl Sale {
    pub(super) fn natural(&self, desk: &Desk) -> Result<(NaturalKey, [u8; 32])> {
        let store = desk.store(self.store)?;
        Ok((self.key(store)?, self.content(desk)?))
    }

    fn key(&self, store: StoreFacts) -> Result<NaturalKey, Refusal> {
        let receipt = Receipt {
            source: &self.source,
            till: &self.till,
            receipt: &self.receipt,
        };
        receipt.key(store, self.occurred_at, BillKind::Sale)
    }

    fn content(&self, desk: &Desk) -> Result<[u8; 32]> {
        let line = |l: &'_ Line| (l.number, l.quantity, l.amount, l.list_amount);
        let lines = self.bill.lines.iter().map(|l| {
            let (number, quantity, amount, list_amount) = line(l);
            (
                number,
                l.sku.as_str(),
                l.category.as_str(),
                quantity,
                amount,
                list_amount,
                l.attributes.as_slice(),
            )
        });
        content_hash(&Content {
            member: &self.member.as_ref().map(MemberRef::plain),
            occurred_at: self.occurred_at,
            rounding: self.bill.rounding,
            lines: lines.collect(),
            tenders: self.bill.tenders.iter().map(|t| (t.kind, t.amount)).collect(),
            codes: self.digests(desk),
            rewards: self.rewards.iter().map(|r| (r.reward, r.quantity, r.collect)).collect(),
        })
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.require(Action::SalePost, Some(self.store))?;
        let store = desk.store(self.store)?;
        let now = desk.now(self.trusted.then_some(self.occurred_at));
        let judged_at = self.occurred_at.min(now);
        let (claims, bill) = Claims::find(desk, self, store, judged_at)?;
        bill.validate(store.minor_units)?;
        bill.check_asked()?;
        if !self.over_limit && !self.trusted {
            bill.check_limit(store.bill_limit, store.minor_units)?;
        }
        let as_of = AsOf {
            at: judged_at,
            trusted: self.trusted,
        };
        let holder = Holder::find(desk, self.member.as_ref(), as_of)?;
        let gifts = Gifts::find(desk, self, &holder)?;
        let args = SaleArgs {
            id: BillId(Uuid::now_v7()),
            key: self.key(store)?,
            content: self.content(desk)?,
            bill,
            occurred_at: self.occurred_at,
            customer: holder.customer,
            card: holder.card,
            privileged: desk.privileged(self.trusted),
            reason: self.reason_to_backdate(desk, now)?,
        };
        let mut posting = Posting {
            quote: desk.purpose == Purpose::Quote,
            args,
            proposal: None,
            context: desk.context(store, None, now),
            member: None,
            introducer: None,
            asked: None,
            found: holder.member.as_ref().map(|member| member.id),
            held: holder.held,
            standing: holder.standing,
            not_earned: holder.not_earned,
            told: !self.trusted,
            claims,
            gifts,
        };
        if let Some(member) = holder.member {
            let configuration = desk.configuration(member.program, self.occurred_at)?;
            let earns = holder.held != Some(false) || configuration.terms.earn_without_card;
            if earns || posting.spends() {
                posting.context = desk.context(store, Some(&configuration), now);
                posting.context.judged_at = judged_at;
                self.divide_value(desk, &member, &mut posting)?;
                self.judge(desk, store, &configuration, &member, &mut posting)?;
            } else {
                posting.not_earned = Some(without_a_card());
            }
        }
        posting.context.judged_at = judged_at;
        Ok(Box::new(posting))
    }

    /// # Errors
    /// `field_invalid` for a sale from more than seven days back that people enter without a reason, or too long a one.
    fn reason_to_backdate(&self, desk: &Desk, now: Instant) -> Result<Option<String>, Refusal> {
        let reason = self
            .reason
            .as_deref()
            .map(str::trim)
            .filter(|reason| !reason.is_empty());
        let backdated = !self.trusted && desk.privileged(false) && is_backdated(self.occurred_at, now);
        if backdated || reason.is_some() {
            check_reason(reason.unwrap_or_default())?;
        }
        Ok(reason.map(str::to_owned))
    }

    /// Divides a tender of stored value as the member's lots stand.
    fn divide_value(&self, desk: &Desk, member: &Member, posting: &mut Posting) -> Result<()> {
        let bill = &posting.args.bill;
        if bill.tenders.iter().any(|tender| tender.kind == TenderKind::Value) {
            let need = MemberNeed {
                id: member.id,
                paid_since: None,
                upgrades: false,
            };
            let chain = desk.chain();
            let whole = desk.engine.read(chain, |conn| load::member(conn, chain, &need))?;
            posting.args.bill = resolve_value(bill, whole.as_ref(), &posting.context)?;
        }
        Ok(())
    }

    fn judge(
        &self,
        desk: &Desk,
        store: StoreFacts,
        configuration: &Configuration,
        member: &Member,
        posting: &mut Posting,
    ) -> Result<()> {
        let register = member
            .customer
            .map(|customer| desk.engine.register_facts(desk.chain(), customer))
            .transpose()?;
        let introducer = judge::introducer(desk, register.as_ref(), member, posting.context.now)?;
        let bill = &posting.args.bill;
        let counted = spread_unpaid(bill);
        let lines = bill.lines.iter().zip(counted).map(|(line, counted)| {
            let Line { number, quantity, .. } = *line;
            Counted {
                number,
                sku: &line.sku,
                category: &line.category,
                quantity,
                counted,
                attributes: &line.attributes,
            }
            .line()
        });
        let question = Question {
            store,
            today: posting.args.key.business_date,
            tier: &member.tier,
            first_purchase: member.purchases == 0,
            register: register.as_ref(),
            introducer,
            lines: lines.collect(),
        };
        let basis = Basis::of(member, &posting.context);
        let judged = judge::propose(desk, configuration, basis, question)?;
        if judged.too_much {
            return Err(too_many_points().into());
        }
        posting.member = Some(member.id);
        posting.introducer = introducer;
        posting.proposal = Some(judged.proposal);
        posting.asked = Some(judge::asked(&judged.asked));
        Ok(())
    }
}

/// A sale on its way to the writer.
struct Posting {
    quote: bool,
    args: SaleArgs,
    proposal: Option<Proposal>,
    context: Context,
    member: Option<MembershipId>,
    introducer: Option<MembershipId>,
    asked: Option<Asked>,
    /// The membership that is meant, whether or not it earns.
    found: Option<MembershipId>,
    /// As in [`Holder`].
    held: Option<bool>,
    standing: Option<Vec<MembershipId>>,
    not_earned: Option<Text>,
    /// The customer is told of another tier; of what an import brings they aren't.
    told: bool,
    claims: Claims,
    gifts: Gifts,
}

impl Posting {
    /// Whether it takes what the membership has.
    fn spends(&self) -> bool {
        let of_member =
            |kind: TenderKind| matches!(kind, TenderKind::Points | TenderKind::Value) || kind.value_asset().is_some();
        !self.gifts.is_empty() || self.args.bill.tenders.iter().any(|tender| of_member(tender.kind))
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

    fn answer(&self, answer: &SaleAnswer, rewards: &[RewardOnBill]) -> Result<Answer> {
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
        })
    }
}

impl LedgerCommand for Posting {
    fn needs(&self) -> Needs {
        let ladder = &self.context.ladder;
        // A ladder of one step measures nothing.
        let window = (ladder.steps.len() > 1).then_some(ladder.months);
        let paid_since = window.and_then(|months| self.args.key.business_date.months_earlier(months));
        let member = self.member.map(|id| MemberNeed {
            id,
            paid_since,
            upgrades: false,
        });
        let introducer = self.introducer.map(|id| MemberNeed {
            id,
            paid_since: None,
            upgrades: false,
        });
        let judged_at = self.context.judged_at;
        Needs {
            members: member.into_iter().chain(introducer).collect(),
            cards: self.args.card.into_iter().collect(),
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
            rewards: self.gifts.needs(),
            ..Needs::default()
        }
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
        let mut introducer = state.take(self.introducer);
        // Before the sale, at the old balance.
        let exchanged = self.gifts.decide(member.as_mut(), state, ids)?;
        let used = self.claims.decide((self.args.id, &self.args.bill), state, ids)?;
        let (rows, answer) = decide_sale(
            member.as_mut(),
            introducer.as_mut(),
            &self.args,
            self.proposal.as_ref(),
            &self.context,
            ids,
        )?;
        let mut decision = Decision::new(rows, self.answer(&answer, &self.gifts.told(&exchanged, self.quote))?);
        Gifts::add(exchanged, &mut decision);
        decision.rows.voucher_uses = used;
        let detail = json!({ "paid": answer.paid, "earned": answer.points_earned, "spent": answer.points_spent });
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
        if let Some(member) = member.filter(|_| self.told) {
            let changes = &decision.rows.tier_changes;
            decision.notes.notices = told::of_tiers(&self.context.ladder, &member, changes);
        }
        decision.asked = self.asked.clone();
        Ok(decision)
    }
}
