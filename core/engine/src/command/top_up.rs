//! Paying money in: principal and bonus of a membership, within the law's limits (D-CARD-11).

use super::Purpose;
use super::ask;
use super::confirmation::{Confirmation, check_use, noted};
use super::desk::{
    Desk, Receipt, StoreFacts, a_till, content_hash, no_such_card, no_such_membership, or_a_till, stale,
};
use super::guard::{Guarded, Operation, Wanted};
use crate::error::Result;
use crate::identity::Action;
use crate::plugin::{self, Function, RecordedInput, topping_up};
use crate::prepaid;
use crate::program::Configuration;
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, LedgerCommand, LoadedCard, Needs, Question, State};
use crate::store::writer::{AuditRow, load};
use crate::terms;
use cardea_domain::id::*;
use cardea_domain::identifier::grouped_number;
use cardea_domain::ledger::{Asset, Member};
use cardea_domain::money::LIMIT;
use cardea_domain::prepaid::{Payer, PluginGrant, TopUpArgs, TopUpOffer, decide_top_up};
use cardea_domain::sale::{BillKind, CardUse, Confirmed, Context, Demand, EntryView, NaturalKey, Tender};
use cardea_domain::terms::TermsOccasion;
use cardea_domain::{Code, Day, Instant, Minor, Refusal, Text};
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
    /// Code of an offer of the program; null: no bonus. Where the program's plugin says what a top-up brings, none is named.
    #[schema(example = "summer")]
    pub offer: Option<String>,
    /// Who pays; absent: the holder, in person.
    pub payer: Option<TopUpPayer>,
    /// What the payer pays at once over all cards of the purchase, minor units; absent: this alone.
    #[schema(minimum = 1, example = 50_000)]
    pub at_once: Option<i64>,
    /// What was made sure of, where the program's plugin demands it.
    #[serde(default)]
    pub confirmation: Confirmation,
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
        let bonus = self.bonus(desk, &configuration, (&member, store), &key)?;
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
        let (id, shown) = (BillId(Uuid::now_v7()), card.as_ref().map(|card| card.card.id));
        let (bill, wanted) = ((id.0, key.business_date), Wanted::new(Operation::TopUp, self.amount));
        let guarded = Guarded::ask(desk, &configuration, (&member, store), bill, &[wanted])?;
        Ok(Box::new(ToppingUp {
            quote: desk.purpose == Purpose::Quote,
            member: member.id,
            card: shown,
            confirmed: self.confirmation.confirmed(desk, self.store_id, shown)?,
            guarded,
            asked: bonus.asked,
            args: TopUpArgs {
                id,
                key,
                content: self.content()?,
                occurred_at,
                card: shown,
                privileged: desk.privileged(false),
                amount: self.amount,
                granted: bonus.granted,
                grant: bonus.grant,
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

    /// The plugin's bonus where it has a say in top-ups (D-HOT-5); else the offer's.
    ///
    /// # Errors
    /// `field_invalid` for an offer that doesn't hold, or where the plugin decides; `rule_refused` with the plugin's reasons;
    /// `plugin_failed`: no money has been taken yet.
    fn bonus(
        &self,
        desk: &Desk,
        configuration: &Configuration,
        (member, store): (&Member, StoreFacts),
        key: &NaturalKey,
    ) -> Result<TopUpBonus> {
        let plugin = ask::plugin(desk, configuration)?;
        if !plugin.has(Function::ToppingUpDecide) {
            let offers = configuration.terms.value.as_ref().map(|value| value.offers.as_slice());
            let offer = self.offer(offers.unwrap_or_default(), key.business_date)?;
            return Ok(TopUpBonus {
                granted: offer.map_or(0, |offer| offer.grant(self.amount)),
                ..TopUpBonus::default()
            });
        }
        if self.offer.is_some() {
            let (zh, en) = (
                "本计划的充值赠送由会员规则决定，不需选择充值活动。",
                "The program's rules say what a top-up brings: name no offer.",
            );
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/offer").into());
        }
        // What is no top-up at all is refused with its own words, by the decision.
        if !(1..=LIMIT).contains(&self.amount) {
            return Ok(TopUpBonus::default());
        }
        let chain = desk.chain();
        let member = desk
            .engine
            .read(chain, |conn| load::member_balances(conn, chain, member.id))?
            .ok_or_else(no_such_membership)?;
        let mut request = topping_up::Request {
            config: configuration.plugin_config.clone(),
            minor_digits: store.minor_units as u8,
            today: key.business_date.0,
            tier: String::new(),
            named: false,
            amount: self.amount,
            principal: 0,
            bonus: 0,
        };
        tell(&mut request, &member);
        let decision = plugin.top_up(&request).map_err(|e| ask::failed(desk.chain(), &e))?;
        request.config.clear();
        let grant = match decision {
            topping_up::Decision::Granted(grant) => grant,
            topping_up::Decision::Refused(reasons) => return Err(ask::stopped(reasons).into()),
        };
        let input = plugin::record(&request)?;
        Ok(TopUpBonus {
            granted: grant.bonus,
            grant: by_plugin(grant, input.sha256),
            asked: Some(AskedBonus { request, input }),
        })
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

/// What a top-up brings on top, and who says so.
#[derive(Default)]
struct TopUpBonus {
    granted: Minor,
    grant: Option<PluginGrant>,
    asked: Option<AskedBonus>,
}

/// What the plugin was asked, without the configuration.
struct AskedBonus {
    request: topping_up::Request,
    input: RecordedInput,
}

/// What a plugin is told of the membership.
fn tell(request: &mut topping_up::Request, member: &Member) {
    let balance = |asset: Asset| member.account(&asset).map_or(0, |account| account.balance.max(0));
    request.tier.clone_from(&member.tier);
    request.named = member.customer.is_some();
    request.principal = balance(Asset::principal());
    request.bonus = balance(Asset::bonus());
}

/// The grant under its first rule, told with every reason; None for no reason, where there is no bonus either.
fn by_plugin(grant: topping_up::Grant, input: [u8; 32]) -> Option<PluginGrant> {
    let rule = grant.reasons.first()?.rule.clone();
    let reasons = grant.reasons.into_iter().map(ask::told);
    let explanation = reasons.fold(Text::new("", ""), |mut all, reason| {
        all.zh.push_str(&reason.explanation.zh);
        if !all.en.is_empty() {
            all.en.push(' ');
        }
        all.en.push_str(&reason.explanation.en);
        all
    });
    Some(PluginGrant {
        rule,
        explanation,
        input,
    })
}

/// A top-up on its way to the writer.
struct ToppingUp {
    quote: bool,
    member: MembershipId,
    card: Option<CardId>,
    confirmed: Confirmed,
    guarded: Guarded,
    asked: Option<AskedBonus>,
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
    /// Bonus of the offer, or by the program's plugin, minor units; why stands with its entry.
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
    /// Of a quote: what must be confirmed before it is booked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub confirmations: Vec<Demand>,
}

impl ToppingUp {
    /// Whether plugins would be told the same now.
    fn is_current(&self, member: &Member) -> bool {
        let told_same = |asked: &AskedBonus| {
            let mut now = asked.request.clone();
            tell(&mut now, member);
            now == asked.request
        };
        self.guarded.is_current(member) && self.asked.as_ref().is_none_or(told_same)
    }

    /// What plugins were asked, to be kept with the top-up.
    fn keep(&self, decision: &mut Decision) {
        let bonus = self.asked.as_ref().map(|asked| Question {
            function: Function::ToppingUpDecide,
            subject: self.args.id.0,
            configuration: self.context.configuration,
            input: asked.input.clone(),
        });
        decision.questions.extend(bonus);
        decision.questions.extend(self.guarded.questions());
    }
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
        if !self.is_current(&member) {
            return Err(stale());
        }
        let args = &self.args;
        let (rows, answer) = decide_top_up(&mut member, args, &self.context, ids)?;
        let lacking = self.guarded.lacking(self.confirmed, Vec::new());
        if !self.quote {
            self.guarded.check(&lacking)?;
        }
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
            confirmations: lacking.clone(),
        })?;
        let mut decision = Decision::new(rows, told);
        let detail = json!({
            "membership_id": self.member, "amount": args.amount, "granted": args.granted, "payer_id": args.payer_id,
        });
        decision.notes.audit.push(AuditRow {
            action: "top_up.post",
            subject: Some(args.id.0),
            detail: noted(detail, self.confirmed),
        });
        self.keep(&mut decision);
        Ok(decision)
    }
}
