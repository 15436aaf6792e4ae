//! Exchanging points for a reward of the catalogue.

use super::Purpose;
use super::code::{self, ByCode};
use super::confirmation::{Confirmation, check_use, noted};
use super::desk::{Desk, Receipt, StoreFacts, a_till, content_hash, no_such_card, or_a_till, stale};
use super::guard::{Guarded, Operation, Wanted};
use super::purse::{self, Purse};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::plugin::{self, Function, PluginError, RecordedInput, redeeming};
use crate::program::Configuration;
use crate::store::Answer;
use crate::store::writer::claims::{self, RewardNeed};
use crate::store::writer::ledger::{Decision, LedgerCommand, LoadedCard, MemberNeed, Needs, Question, State};
use crate::store::writer::{AuditRow, load};
use cardea_domain::error::RuleRefusal;
use cardea_domain::id::*;
use cardea_domain::identifier::grouped_number;
use cardea_domain::ledger::{Balance, Member};
use cardea_domain::rows::Rows;
use cardea_domain::sale::*;
use cardea_domain::{Code, Day, Instant, Points, Refusal, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

// An exchange to book (or to quote); points are spent with a usable card only.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[schema(as = NewRedemption)]
#[serde(deny_unknown_fields)]
pub struct Redemption {
    /// Number of the card presented, or its dynamic code.
    pub card: String,
    #[serde(rename = "store_id")]
    #[schema(value_type = Uuid)]
    pub store: StoreId,
    /// Absent: `till`.
    #[serde(default = "a_till", deserialize_with = "or_a_till")]
    #[schema(value_type = Option<String>)]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date among exchanges; a repeat gets the first answer.
    #[schema(example = "0003")]
    pub receipt: String,
    #[serde(rename = "reward_id")]
    #[schema(value_type = Uuid)]
    pub reward: RewardId,
    /// Pieces of it.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub quantity: i64,
    /// `later`: it is paid for now, put aside, and fetched when it is ready (`POST /redemptions/{id}/ready`, `…/collect`).
    #[serde(default)]
    pub collect: Collect,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
    /// What was made sure of, where the program demands it.
    #[serde(default)]
    pub confirmation: Confirmation,
    // Demo and import alone, never a request: `occurred_at` may lie anywhere, and the exchange is booked as of then.
    #[serde(skip)]
    pub trusted: bool,
}

fn one() -> i64 {
    1
}

#[derive(Serialize)]
struct Content<'a> {
    card: &'a str,
    reward: RewardId,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collect: Option<Collect>,
}

impl Redemption {
    fn as_of(&self) -> Option<Instant> {
        self.occurred_at.filter(|_| self.trusted)
    }

    fn occurred_at(&self, now: Instant) -> Instant {
        self.occurred_at.unwrap_or(now)
    }

    pub(super) fn natural(&self, desk: &Desk) -> Result<(NaturalKey, [u8; 32])> {
        let store = desk.store(self.store)?;
        let occurred_at = self.occurred_at(desk.now(self.as_of()));
        Ok((self.key(store, occurred_at)?, self.content()?))
    }

    fn key(&self, store: StoreFacts, occurred_at: Instant) -> Result<NaturalKey, Refusal> {
        let receipt = Receipt {
            source: &self.source,
            till: &self.till,
            receipt: &self.receipt,
        };
        receipt.key(store, occurred_at, BillKind::Redemption)
    }

    fn content(&self) -> Result<[u8; 32]> {
        content_hash(&Content {
            card: &grouped_number(&self.card),
            reward: self.reward,
            // What was sent before there were quantities is of one piece.
            quantity: Some(self.quantity).filter(|quantity| *quantity != 1),
            collect: Some(self.collect).filter(|collect| *collect != Collect::Now),
        })
    }

    /// The card that was shown, and the step of its code.
    fn find_card(&self, desk: &Desk) -> Result<(LoadedCard, Option<(CardId, i64)>)> {
        if let Some(code) = code::parse(&self.card) {
            let ByCode { card, step } = code::resolve(desk, &code).map_err(|refusal| refusal.at("/card"))?;
            let used = (card.card.id, step);
            return Ok((card, Some(used)));
        }
        let chain = desk.chain();
        let card = desk
            .engine
            .read(chain, |conn| load::card_by_number(conn, chain, &self.card))?;
        Ok((card.ok_or_else(|| no_such_card().at("/card"))?, None))
    }

    /// What must be made sure of; of an import, nothing.
    fn guard(
        &self,
        desk: &Desk,
        (configuration, store): (&Configuration, StoreFacts),
        member: &Member,
        bill: (Uuid, Day),
        (price, so_far): (Points, Points),
    ) -> Result<Guarded> {
        if self.trusted {
            return Ok(Guarded::default());
        }
        let wanted = Wanted {
            so_far,
            ..Wanted::new(Operation::Exchange, price)
        };
        Guarded::ask(desk, configuration, (member, store), bill, &[wanted])
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        Ok(Box::new(self.exchange(desk, 0)?))
    }

    /// The exchange; `so_far`: points of the exchanges before it on the same bill.
    pub(super) fn exchange(&self, desk: &Desk, so_far: Points) -> Result<Exchange> {
        desk.actor.require(Action::RedemptionPost, Some(self.store))?;
        let store = desk.store(self.store)?;
        let now = desk.now(self.as_of());
        let occurred_at = self.occurred_at(now);
        let chain = desk.chain();
        let (card, used) = self.find_card(desk)?;
        let judged_at = occurred_at.min(now);
        card.check_usable(judged_at)?;
        let member = spender(desk, card.card.membership, judged_at, now)?;
        let need = RewardNeed {
            id: self.reward,
            store: self.store,
            member: member.id,
        };
        let reward = desk.engine.read(chain, |conn| claims::reward(conn, chain, &need))?;
        let (reward, code) = reward.ok_or_else(no_such_reward)?;
        let price = reward.price_of(self.quantity)?;
        let configuration = desk.configuration(member.program, occurred_at)?;
        check_use(&configuration.terms.kinds, Some(card.card.kind), CardUse::Redeem)?;
        let key = self.key(store, occurred_at)?;
        let mut context = desk.context(store, Some(&configuration), now);
        context.judged_at = judged_at;
        let purse = Purse::find(desk, member.id, judged_at, self.trusted)?;
        let funds = purse::own(&member, judged_at) + purse.spendable(desk, &member, &context)?;
        let asked = (code.as_str(), price, funds);
        let (permit, input) = permit(desk, &configuration, &member.tier, asked, key.business_date)?;
        let id = BillId(Uuid::now_v7());
        let bill = (id.0, key.business_date);
        let guarded = self.guard(desk, (&configuration, store), &member, bill, (price, so_far))?;
        Ok(Exchange {
            quote: desk.purpose == Purpose::Quote,
            member: member.id,
            reward: reward.id,
            card: card.card.id,
            code: used,
            confirmed: self.confirmation.confirmed(desk, self.store, Some(card.card.id))?,
            guarded,
            trusted: self.trusted,
            affordable: funds >= price,
            purse,
            tier: member.tier,
            price: reward.points,
            args: RedemptionArgs {
                id,
                key,
                content: self.content()?,
                occurred_at,
                quantity: self.quantity,
                code,
                collect: self.collect,
                card: Some(card.card.id),
                privileged: desk.privileged(self.trusted),
            },
            permit,
            input,
            context,
        })
    }
}

/// The membership with its lots, and those whose end came after the exchange was rung up.
fn spender(desk: &Desk, id: MembershipId, judged_at: Instant, now: Instant) -> Result<Member> {
    let chain = desk.chain();
    let need = MemberNeed {
        id,
        figures: None,
        upgrades: false,
    };
    let member = desk.engine.read(chain, |conn| load::member(conn, chain, &need))?;
    let mut member = member.ok_or_else(|| Error::internal("a card without a membership"))?;
    if judged_at < now {
        let ended = |conn: &mut _| load::ended_lots(conn, chain, member.id, judged_at);
        member.ended = desk.engine.read(chain, ended)?;
    }
    Ok(member)
}

pub(super) fn no_such_reward() -> Refusal {
    Refusal::new(Code::NotFound, "没有这件礼品", "There is no such reward").at("/reward_id")
}

/// Asks the plugin; a program whose plugin has no say in exchanges permits them. `funds`: what can be spent, the family
/// pool's among it.
fn permit(
    desk: &Desk,
    configuration: &Configuration,
    tier: &str,
    (code, price, funds): (&str, Points, Points),
    today: Day,
) -> Result<(Permit, Option<RecordedInput>)> {
    let failed = |e: PluginError| {
        tracing::warn!(chain = %desk.chain(), error = %e, "the plugin couldn't decide an exchange");
        Permit::Failed
    };
    let plugin = match desk.plugin(configuration)? {
        Ok(plugin) => plugin,
        Err(e) => return Ok((failed(e), None)),
    };
    if !plugin.has(Function::RedeemingDecide) {
        let explanation = Text::new("按门店礼品目录兑换", "Exchanged by the store's catalogue");
        let rule = "core.catalogue".to_owned();
        return Ok((
            Permit::Permitted {
                rule,
                explanation,
                cancellable_days: 0,
                input: None,
            },
            None,
        ));
    }
    let mut request = redeeming::Request {
        config: configuration.plugin_config.clone(),
        today: today.0,
        tier: tier.to_owned(),
        reward: code.to_owned(),
        price,
        available: funds,
    };
    let mut decided = plugin.redeem(&request);
    if matches!(decided, Ok(redeeming::Decision::Refused(_))) && request.available < price {
        // Restrictions are the plugin's; a balance that is short is the core's to refuse, by its own code.
        let affordable = redeeming::Request {
            available: price,
            ..request.clone()
        };
        decided = plugin.redeem(&affordable);
    }
    request.config.clear();
    let input = plugin::record(&request)?;
    let text = |text: plugin::Text| Text {
        zh: text.zh,
        en: text.en,
    };
    let permit = match decided {
        Ok(redeeming::Decision::Permitted(permit)) => Permit::Permitted {
            rule: permit.rule,
            explanation: text(permit.explanation),
            cancellable_days: permit.cancellable_days,
            input: Some(input.sha256),
        },
        Ok(redeeming::Decision::Refused(reason)) => Permit::Refused(vec![RuleRefusal {
            rule: reason.rule,
            explanation: text(reason.explanation),
        }]),
        Err(e) => failed(e),
    };
    Ok((permit, Some(input)))
}

/// An exchange on its way to the writer.
pub(super) struct Exchange {
    quote: bool,
    pub member: MembershipId,
    pub reward: RewardId,
    card: CardId,
    /// The code that was shown, to be used up.
    code: Option<(CardId, i64)>,
    confirmed: Confirmed,
    guarded: Guarded,
    /// Of an import nothing is to be confirmed.
    trusted: bool,
    /// What the plugin was told.
    tier: String,
    price: Points,
    affordable: bool,
    purse: Purse,
    args: RedemptionArgs,
    permit: Permit,
    input: Option<RecordedInput>,
    context: Context,
}

/// What a redemption takes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = RedemptionAnswer)]
pub struct RedemptionView<E> {
    /// null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    pub reward: RewardView,
    /// Pieces of it.
    #[serde(default = "one")]
    pub quantity: i64,
    /// Of all pieces.
    #[schema(value_type = i64)]
    pub points: Points,
    #[schema(value_type = Vec<EntryView>)]
    pub entries: E,
    /// After the redemption.
    pub balances: Vec<Balance>,
    /// Last day on which it can be cancelled; null: never.
    #[schema(value_type = Option<String>, format = Date)]
    pub cancellable_until: Option<Day>,
    /// `collected`, or `applied` where it is fetched later.
    #[serde(default)]
    pub state: ClaimState,
    /// What it took of others in the family pool, for their own points didn't suffice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_pool: Option<FromPool>,
    /// Of a quote: what the program demands to be confirmed before it is booked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub confirmations: Vec<Demand>,
}

/// An exchange that was decided.
pub(super) struct Exchanged {
    pub rows: Rows,
    pub answer: RedemptionAnswer,
    pub from: FromPool,
    pub told: Answer,
    pub audit: AuditRow,
    pub input: Option<RecordedInput>,
    pub questions: Vec<Question>,
}

impl Exchange {
    pub fn need(&self) -> RewardNeed {
        RewardNeed {
            id: self.reward,
            store: self.context.store,
            member: self.member,
        }
    }

    /// Points of all its pieces.
    pub fn points(&self) -> Points {
        self.price.saturating_mul(self.args.quantity)
    }

    /// Whether the plugin would be told the same now.
    pub fn is_current(&self, member: &Member, reward: &Reward, state: &State) -> Result<bool, Refusal> {
        let funds = purse::own(member, self.context.judged_at) + purse::shared(state, member, &self.context);
        let affordable = funds >= reward.price_of(self.args.quantity)?;
        let same = member.tier == self.tier && reward.points == self.price && affordable == self.affordable;
        Ok(same && self.guarded.is_current(member))
    }

    /// # Errors
    /// Those of [`decide_redemption`].
    pub fn decide_on(
        &self,
        member: &mut Member,
        reward: &mut Reward,
        state: &mut State,
        ids: &mut dyn NewIds,
    ) -> Result<Exchanged, Refusal> {
        let context = &self.context;
        let (own, shared) = (
            purse::own(member, context.judged_at),
            purse::shared(state, member, context),
        );
        let to = LentFor {
            bill: self.args.id,
            occurred_at: self.args.occurred_at,
        };
        let price = reward.price_of(self.args.quantity)?;
        let lent = purse::lend(state, member, price, to, context, ids)?;
        let decided = decide_redemption(member, reward, &self.args, &self.permit, context, ids);
        let (rows, mut answer) = decided.map_err(|refusal| purse::short(refusal, own, shared))?;
        answer.entries.splice(0..0, lent.entries);
        let requirements: &[Requirement] = match self.trusted {
            true => &[],
            false => &self.context.terms.requirements,
        };
        let confirmed = &self.confirmed;
        let lacking = confirmed.lacking(requirements, ConfirmedUse::Redeem, answer.points);
        let lacking = self.guarded.lacking(*confirmed, lacking);
        if !self.quote {
            self.guarded.check(&lacking)?;
        }
        let told = Answer::booked(&answer.entries, |entries| RedemptionView {
            id: (!self.quote).then_some(answer.id),
            reward: answer.reward.clone(),
            quantity: answer.quantity,
            points: answer.points,
            entries,
            balances: answer.balances.clone(),
            cancellable_until: answer.cancellable_until,
            state: answer.state,
            from_pool: purse::told(&lent.from),
            confirmations: lacking.clone(),
        })?;
        let detail = json!({ "reward_id": self.reward, "quantity": answer.quantity, "points": answer.points });
        let audit = AuditRow {
            action: "redemption.post",
            subject: Some(answer.id.0),
            detail: noted(detail, self.confirmed),
        };
        Ok(Exchanged {
            rows: rows.after(lent.rows),
            answer,
            from: lent.from,
            told,
            audit,
            input: self.input.clone(),
            questions: self.guarded.questions().collect(),
        })
    }
}

impl LedgerCommand for Exchange {
    fn needs(&self) -> Needs {
        let mut needs = Needs {
            members: vec![MemberNeed {
                id: self.member,
                figures: None,
                upgrades: false,
            }],
            cards: vec![self.card],
            rewards: vec![self.need()],
            code: self.code,
            ended_of: (self.context.judged_at < self.context.now).then_some((self.member, self.context.judged_at)),
            ..Needs::default()
        };
        self.purse.need(&mut needs);
        needs
    }

    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        Some((&self.args.key, &self.args.content))
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        for card in state.cards.values() {
            card.check_usable(self.context.judged_at)?;
        }
        let mut member = state.take(Some(self.member)).ok_or_else(stale)?;
        let mut reward = state.rewards.remove(&self.reward).ok_or_else(no_such_reward)?;
        self.purse.check(state)?;
        if !self.is_current(&member, &reward, state)? {
            return Err(stale());
        }
        let done = self.decide_on(&mut member, &mut reward, state, ids)?;
        let mut decision = Decision::new(done.rows, done.told);
        decision.notes.audit.push(done.audit);
        decision.inputs.extend(done.input);
        decision.questions.extend(done.questions);
        code::use_up(self.code, state, &mut decision.rows)?;
        Ok(decision)
    }
}
