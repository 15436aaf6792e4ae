//! Ringing up a sale.

use super::Purpose;
use super::campaigns::{Occasion, Offers, covered};
use super::confirmation::{Confirmation, check_use};
use super::desk::{Desk, Receipt, StoreFacts, check_reason, content_hash};
use super::gift::{ClaimedReward, Gifts};
use super::holder::{AsOf, Holder, MemberRef, without_a_card};
use super::judge::{self, Counted, Question};
use super::posting::Posting;
use super::voucher::{Claims, VoucherTender};
use crate::error::Result;
use crate::identity::Action;
use crate::keys::Digest;
use crate::program::Configuration;
use crate::store::writer::ledger::{LedgerCommand, MemberNeed};
use crate::store::writer::load;
use cardea_domain::id::*;
use cardea_domain::ledger::Member;
use cardea_domain::sale::*;
use cardea_domain::{Instant, Minor, Refusal};
use serde::Serialize;
use uuid::Uuid;

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
    /// What was made sure of.
    pub confirmation: Confirmation,
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
    /// What the member showed: a card's number or its code.
    pub(super) fn shown(&self) -> Option<&str> {
        match self.member.as_ref()? {
            MemberRef::Card(shown) | MemberRef::Code(shown) => Some(shown),
            MemberRef::Customer(_) | MemberRef::Membership { .. } => None,
        }
    }

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
            claims,
            offers: Offers::default(),
            gifts,
            code: holder.code,
            confirmed: self.confirmation.confirmed(desk, self.store, holder.card)?,
            trusted: self.trusted,
        };
        if let Some(member) = holder.member {
            let configuration = desk.configuration(member.program, self.occurred_at)?;
            let kinds = &configuration.terms.kinds;
            if self.bill.tenders.iter().any(|tender| tender.kind == TenderKind::Points) {
                check_use(kinds, holder.kind, CardUse::SpendPoints)?;
            }
            let by_kind = check_use(kinds, holder.kind, CardUse::Earn).err();
            let held = holder.held != Some(false) || configuration.terms.earn_without_card;
            if (held && by_kind.is_none()) || posting.spends() {
                posting.context = desk.context(store, Some(&configuration), now);
                posting.context.judged_at = judged_at;
                self.divide_value(desk, &member, &mut posting)?;
                self.judge(desk, store, &configuration, &member, &mut posting)?;
                if let Some(refusal) = by_kind {
                    posting.earns_nothing(refusal.detail);
                }
            } else {
                posting.not_earned = Some(by_kind.map_or_else(without_a_card, |refusal| refusal.detail));
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
        let occasion = Occasion {
            program: member.program,
            membership: member.id,
            customer: member.customer,
            store: store.id,
            zone: store.zone,
            at: self.occurred_at,
            day: posting.args.key.business_date,
        };
        posting.offers = Offers::find(desk, store, &occasion, &covered(&self.bill))?;
        posting.member = Some(member.id);
        posting.introducer = introducer;
        posting.proposal = Some(judged.proposal);
        posting.asked = Some(judge::asked(&judged.asked));
        Ok(())
    }
}

/// The open membership, in the same program, of who introduced the customer.
pub(super) fn introducer(
    desk: &Desk,
    register: Option<&RegisterFacts>,
    member: &Member,
    now: Instant,
) -> Result<Option<MembershipId>> {
    match register.and_then(|register| register.introducer) {
        Some(introducer) if member.purchases == 0 => desk.open_membership(introducer, member.program, now),
        _ => Ok(None),
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
}

// `C` is what is told of the customer: stored answers hold the id, the interface tells the name.
/// What a sale brings.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = SaleAnswer)]
pub struct SaleView<E, C> {
    /// null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    #[schema(value_type = i64)]
    pub points_earned: Points,
    #[schema(value_type = i64)]
    pub points_spent: Points,
    /// What counts as paid, minor units.
    #[schema(value_type = i64)]
    pub paid: Minor,
    pub judged: Judgement,
    #[schema(value_type = Vec<EntryView>)]
    pub entries: E,
    /// After the sale.
    pub balances: Vec<Balance>,
    /// The tier at which it was earned.
    pub tier: Option<TierView>,
    /// The tier of the next sale, after an upgrade.
    pub tier_next: Option<TierView>,
    #[schema(value_type = Option<MemberShown>)]
    pub member: Option<MemberView<C>>,
    /// Why the membership that was meant earns nothing, so that the sale is booked without it.
    pub not_earned: Option<Text>,
}

/// Whose sale it was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MemberShown)]
pub struct MemberView<C> {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// null for an anonymous membership.
    #[schema(value_type = Option<CustomerShown>)]
    pub customer: Option<C>,
}

type MemberShown = MemberView<CustomerShown>;

impl<E, C> SaleView<E, C> {
    /// Whose sale it was, if a customer's.
    pub fn customer(&self) -> Option<&C> {
        self.member.as_ref()?.customer.as_ref()
    }

    /// The same answer with something else told of the customer.
    pub fn told<T>(self, customer: impl FnOnce(C) -> T) -> SaleView<E, T> {
        SaleView {
            id: self.id,
            points_earned: self.points_earned,
            points_spent: self.points_spent,
            paid: self.paid,
            judged: self.judged,
            entries: self.entries,
            balances: self.balances,
            tier: self.tier,
            tier_next: self.tier_next,
            member: self.member.map(|member| MemberView {
                membership_id: member.membership_id,
                customer: member.customer.map(customer),
            }),
            not_earned: self.not_earned,
        }
    }
}

impl Posting {
    fn spends_points(&self) -> bool {
        let tenders = self.args.bill.tenders.iter();
        tenders.into_iter().any(|tender| tender.kind == TenderKind::Points)
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
        if !works && self.spends_points() {
            return refused().map_or(Ok(()), |refusal| Err(refusal.at("/member/customer_id")));
        }
        // The only card was cancelled, or another one issued, since the proposal.
        if any_held(state.cards.values(), at) == held {
            Ok(())
        } else {
            Err(stale())
        }
    }

    fn answer(&self, answer: &SaleAnswer) -> Result<Answer> {
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
                .filter(|_| judged_at < self.context.now && self.spends_points())
                .map(|id| (id, judged_at)),
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
        let (rows, answer) = decide_sale(
            member.as_mut(),
            introducer.as_mut(),
            &self.args,
            self.proposal.as_ref(),
            &self.context,
            ids,
        )?;
        let mut decision = Decision::new(rows, self.answer(&answer)?);
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
