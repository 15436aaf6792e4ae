//! Paying money in: principal and bonus of a membership, within the law's limits (D-CARD-11).

use super::Purpose;
use super::confirmation::check_use;
use super::desk::{
    Desk, Receipt, StoreFacts, a_till, content_hash, no_such_card, no_such_membership, or_a_till, stale,
};
use crate::error::Result;
use crate::identity::Action;
use crate::prepaid;
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, LedgerCommand, LoadedCard, Needs, State};
use crate::store::writer::{AuditRow, load};
use crate::terms;
use cardea_domain::id::*;
use cardea_domain::identifier::grouped_number;
use cardea_domain::ledger::Member;
use cardea_domain::prepaid::{Payer, TopUpArgs, TopUpOffer, decide_top_up};
use cardea_domain::sale::{BillKind, CardUse, Context, EntryView, NaturalKey, Tender};
use cardea_domain::terms::TermsOccasion;
use cardea_domain::{Code, Day, Instant, Minor, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Money to be paid in (or quoted): by card or membership, exactly one of the two.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTopUp {
    /// Number of the card presented; a dynamic code isn't taken here.
    pub card: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Absent: `till`.
    #[serde(default = "a_till", deserialize_with = "or_a_till")]
    #[schema(value_type = Option<String>)]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date among top-ups; a repeat gets the first answer.
    #[schema(example = "0007")]
    pub receipt: String,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
    /// What is paid in, minor units; the tenders add up to it.
    #[schema(minimum = 1, example = 50_000)]
    pub amount: i64,
    /// Money alone.
    pub tenders: Vec<Tender>,
    /// Code of an offer of the program; null: no bonus.
    #[schema(example = "summer")]
    pub offer: Option<String>,
    /// Who pays; absent: the holder, in person.
    pub payer: Option<TopUpPayer>,
    /// What the payer pays at once over all cards of the purchase, minor units; absent: this alone.
    #[schema(minimum = 1, example = 50_000)]
    pub at_once: Option<i64>,
}

/// Who pays in.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TopUpPayer {
    pub kind: Payer,
    /// Whose identity document stands in the archive; null: the holder's.
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
}

#[derive(Serialize)]
struct Content<'a> {
    card: Option<String>,
    membership: Option<MembershipId>,
    amount: i64,
    tenders: &'a [Tender],
    offer: Option<&'a str>,
    payer: TopUpPayer,
}

impl NewTopUp {
    pub(super) fn natural(&self, desk: &Desk) -> Result<(NaturalKey, [u8; 32])> {
        let store = desk.store(self.store_id)?;
        let occurred_at = self.occurred_at.unwrap_or_else(|| desk.now(None));
        Ok((self.key(store, occurred_at)?, self.content()?))
    }

    fn key(&self, store: StoreFacts, occurred_at: Instant) -> Result<NaturalKey, Refusal> {
        let receipt = Receipt {
            source: &self.source,
            till: &self.till,
            receipt: &self.receipt,
        };
        receipt.key(store, occurred_at, BillKind::TopUp)
    }

    fn content(&self) -> Result<[u8; 32]> {
        content_hash(&Content {
            card: self.card.as_deref().map(grouped_number),
            membership: self.membership_id,
            amount: self.amount,
            tenders: &self.tenders,
            offer: self.offer.as_deref(),
            payer: self.payer.unwrap_or_default(),
        })
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.require(Action::TopUpPost, Some(self.store_id))?;
        let store = desk.store(self.store_id)?;
        let (now, chain) = (desk.now(None), desk.chain());
        let occurred_at = self.occurred_at.unwrap_or(now);
        let judged_at = occurred_at.min(now);
        let (member, card) = self.member(desk, judged_at)?;
        let configuration = desk.configuration(member.program, occurred_at)?;
        let kind = card.as_ref().map(|card| card.card.kind);
        check_use(&configuration.terms.kinds, kind, CardUse::TopUp)?;
        let Some(value) = &configuration.terms.value else {
            let (zh, en) = (
                "本计划没有储值，不能充值。",
                "The program has no stored value to top up.",
            );
            return Err(Refusal::new(Code::RuleRefused, zh, en).into());
        };
        let key = self.key(store, occurred_at)?;
        let offer = self.offer(&value.offers, key.business_date)?;
        let (rules, lacking) = desk.engine.read(chain, |conn| {
            let (rules, _) = prepaid::rules(conn, chain, key.business_date)?;
            let lacking = terms::lacking(conn, chain, (member.id, member.program), TermsOccasion::TopUp)?;
            Ok((rules, lacking))
        })?;
        cardea_domain::terms::check(&lacking)?;
        let payer = self.payer.unwrap_or_default();
        let payer_id = payer.customer_id.or(member.customer);
        let identified = match (rules, payer_id) {
            (Some(_), Some(customer)) => desk.engine.identity_recorded(chain, customer)?,
            _ => false,
        };
        let mut context = desk.context(store, Some(&configuration), now);
        context.judged_at = judged_at;
        Ok(Box::new(ToppingUp {
            quote: desk.purpose == Purpose::Quote,
            member: member.id,
            card: card.as_ref().map(|card| card.card.id),
            args: TopUpArgs {
                id: BillId(Uuid::now_v7()),
                key,
                content: self.content()?,
                occurred_at,
                card: card.map(|card| card.card.id),
                privileged: desk.privileged(false),
                amount: self.amount,
                granted: offer.map_or(0, |offer| offer.grant(self.amount)),
                offer: self.offer.clone(),
                tenders: self.tenders.clone(),
                payer: payer.kind,
                payer_id,
                identified,
                at_once: self.at_once.unwrap_or(self.amount),
                anonymous_months: value.anonymous_months,
                rules,
            },
            context,
        }))
    }

    /// Whose it is, and the card that was shown.
    fn member(&self, desk: &Desk, at: Instant) -> Result<(Member, Option<LoadedCard>)> {
        let chain = desk.chain();
        match (&self.card, self.membership_id) {
            (Some(number), None) => {
                let card = desk
                    .engine
                    .read(chain, |conn| load::card_by_number(conn, chain, number))?;
                let card = card.ok_or_else(|| no_such_card().at("/card"))?;
                card.check_usable(at)?;
                Ok((desk.member_head(card.card.membership)?, Some(card)))
            }
            (None, Some(id)) => {
                let member = desk.engine.read(chain, |conn| load::member_head(conn, chain, id))?;
                Ok((member.ok_or_else(|| no_such_membership().at("/membership_id"))?, None))
            }
            _ => Err(Refusal::new(
                Code::FieldInvalid,
                "请用 card 或 membership_id 二者之一指明会员。",
                "Name the member by card or by membership_id, by exactly one.",
            )
            .at("/card")
            .into()),
        }
    }

    fn offer<'a>(&self, offers: &'a [TopUpOffer], on: Day) -> Result<Option<&'a TopUpOffer>, Refusal> {
        let Some(code) = &self.offer else { return Ok(None) };
        let found = offers.iter().find(|offer| offer.code == *code && offer.holds(on));
        found.map(Some).ok_or_else(|| {
            let (zh, en) = (
                "没有这个充值活动，或今天不在活动期内；请选择现行活动，或不选。",
                "There is no such offer, or not on this day: choose one that holds, or none.",
            );
            Refusal::new(Code::FieldInvalid, zh, en).at("/offer")
        })
    }
}

/// A top-up on its way to the writer.
struct ToppingUp {
    quote: bool,
    member: MembershipId,
    card: Option<CardId>,
    args: TopUpArgs,
    context: Context,
}

/// What a top-up brings; the receipt's figures.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = TopUpAnswer)]
pub struct TopUpView<E> {
    /// null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub till: String,
    pub receipt: String,
    #[schema(value_type = String, format = Date)]
    pub business_date: Day,
    /// Minor units.
    #[schema(value_type = i64)]
    pub amount: Minor,
    /// Bonus of the offer, minor units.
    #[schema(value_type = i64)]
    pub granted: Minor,
    pub offer: Option<String>,
    #[schema(value_type = Vec<EntryView>)]
    pub entries: E,
    /// Principal after the top-up, minor units.
    #[schema(value_type = i64)]
    pub principal: Minor,
    /// Bonus after the top-up, minor units.
    #[schema(value_type = i64)]
    pub bonus: Minor,
}

impl LedgerCommand for ToppingUp {
    fn needs(&self) -> Needs {
        Needs {
            balances_of: Some(self.member),
            cards: self.card.into_iter().collect(),
            ..Needs::default()
        }
    }

    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        Some((&self.args.key, &self.args.content))
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        for card in state.cards.values() {
            card.check_usable(self.context.judged_at)?;
        }
        let mut member = state.take(Some(self.member)).ok_or_else(stale)?;
        let args = &self.args;
        let (rows, answer) = decide_top_up(&mut member, args, &self.context, ids)?;
        let told = Answer::booked(&answer.entries, |entries| TopUpView {
            id: (!self.quote).then_some(args.id),
            membership_id: self.member,
            store_id: args.key.store,
            till: args.key.till.clone(),
            receipt: args.key.receipt.clone(),
            business_date: args.key.business_date,
            amount: args.amount,
            granted: args.granted,
            offer: args.offer.clone(),
            entries,
            principal: answer.principal,
            bonus: answer.bonus,
        })?;
        let mut decision = Decision::new(rows, told);
        let detail = json!({
            "membership_id": self.member, "amount": args.amount, "granted": args.granted, "payer_id": args.payer_id,
        });
        decision.notes.audit.push(AuditRow {
            action: "top_up.post",
            subject: Some(args.id.0),
            detail,
        });
        Ok(decision)
    }
}
