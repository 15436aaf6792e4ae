//! Ringing up a sale.

use super::Purpose;
use super::campaigns::{Occasion, Offers, covered};
use super::confirmation::{Confirmation, check_use};
use super::desk::{Desk, Receipt, StoreFacts, check_reason, content_hash};
use super::gift::{ClaimedReward, Gifts};
use super::guard::{Guarded, Operation, Wanted};
use super::holder::{AsOf, Holder, MemberRef, without_a_card};
use super::judge::{self, Counted, Question};
use super::posting::Posting;
use super::purse::Purse;
use super::voucher::{Claims, VoucherTender};
use crate::error::Result;
use crate::identity::Action;
use crate::keys::Digest;
use crate::program::Configuration;
use crate::store::writer::ledger::{LedgerCommand, MemberNeed};
use crate::store::writer::load;
use cardea_domain::card::CardKind;
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
            purse: Purse::default(),
            code: holder.code,
            confirmed: self.confirmation.confirmed(desk, self.store, holder.card)?,
            guarded: Guarded::default(),
            trusted: self.trusted,
        };
        if let Some(member) = holder.member {
            let configuration = desk.configuration(member.program, self.occurred_at)?;
            let kinds = &configuration.terms.kinds;
            self.check_spending(kinds, holder.kind)?;
            let by_kind = check_use(kinds, holder.kind, CardUse::Earn).err();
            let held = holder.held != Some(false) || configuration.terms.earn_without_card;
            if (held && by_kind.is_none()) || posting.spends() {
                posting.context = desk.context(store, Some(&configuration), now);
                posting.context.judged_at = judged_at;
                self.weigh(desk, store, (&configuration, &member), &mut posting)?;
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
    /// `card_kind` where a card of the kind isn't one to pay with so.
    fn check_spending(&self, kinds: &[KindTerms], kind: Option<CardKind>) -> Result<(), Refusal> {
        let spent = [
            (TenderKind::Points, CardUse::SpendPoints),
            (TenderKind::Value, CardUse::SpendValue),
        ];
        for (tender, wanted) in spent {
            if self.bill.tenders.iter().any(|paid| paid.kind == tender) {
                check_use(kinds, kind, wanted)?;
            }
        }
        Ok(())
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

    /// Divides value, finds who shares points, and asks the plugin what must be made sure of and what it earns.
    fn weigh(
        &self,
        desk: &Desk,
        store: StoreFacts,
        (configuration, member): (&Configuration, &Member),
        posting: &mut Posting,
    ) -> Result<()> {
        self.divide_value(desk, member, posting)?;
        if posting.spends_points() {
            posting.purse = Purse::find(desk, member.id, posting.context.judged_at, self.trusted)?;
        }
        self.guard(desk, store, (configuration, member), posting)?;
        self.judge(desk, store, configuration, member, posting)
    }

    /// Divides a tender of stored value as the member's lots stand.
    fn divide_value(&self, desk: &Desk, member: &Member, posting: &mut Posting) -> Result<()> {
        let bill = &posting.args.bill;
        if bill.tenders.iter().any(|tender| tender.kind == TenderKind::Value) {
            let need = MemberNeed {
                id: member.id,
                figures: None,
                upgrades: false,
            };
            let chain = desk.chain();
            let whole = desk.engine.read(chain, |conn| load::member(conn, chain, &need))?;
            posting.args.bill = resolve_value(bill, whole.as_ref(), &posting.context)?;
        }
        Ok(())
    }

    /// Asks what must be made sure of before the member's value and points pay; what is exchanged on the bill asks for itself.
    fn guard(
        &self,
        desk: &Desk,
        store: StoreFacts,
        (configuration, member): (&Configuration, &Member),
        posting: &mut Posting,
    ) -> Result<()> {
        if self.trusted {
            return Ok(());
        }
        let paid = |kinds: fn(TenderKind) -> bool| posting.paid(kinds);
        let value = paid(|kind| kind.value_asset().is_some());
        let money = paid(|kind| kind == TenderKind::Points);
        let points = configuration
            .terms
            .tender
            .as_ref()
            .and_then(|tender| tender.points_for(money));
        let wanted = [
            (Operation::SpendValue, value),
            (Operation::SpendPoints, points.unwrap_or(0)),
        ];
        let wanted: Vec<Wanted> = wanted
            .into_iter()
            .filter(|(_, amount)| *amount > 0)
            .map(|(operation, amount)| Wanted::new(operation, amount))
            .collect();
        let bill = (posting.args.id.0, posting.args.key.business_date);
        posting.guarded = Guarded::ask(desk, configuration, (member, store), bill, &wanted)?;
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
