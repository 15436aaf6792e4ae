//! Renewing a membership (D-CARD-8): the plugin's rule where it has one, else the program's own terms.

use super::admission::not_eligible;
use super::desk::{Desk, StoreFacts, stale};
use super::ending::{AskedEnds, Over, decides_ends};
use super::issue::membership_exists;
use crate::error::Result;
use crate::identity::Action;
use crate::plugin::{self, Function, Plugin, PluginError, RecordedInput, renewal};
use crate::program::Configuration;
use crate::store::statement::{fetch, statements};
use crate::store::writer::ledger::{CardEvent, Decision, LedgerCommand, MemberNeed, Needs, Question, State};
use crate::store::writer::{AuditRow, load, save};
use crate::store::{Answer, Id, Notice, Receiver};
use cardea_domain::card::{Block, Card, CardState};
use cardea_domain::error::RuleRefusal;
use cardea_domain::id::*;
use cardea_domain::ledger::Member;
use cardea_domain::message::MessageKind;
use cardea_domain::money::Points;
use cardea_domain::sale::{
    Context, RenewalArgs, RenewalTerms, decide_renewal, renewal_endless, renewal_never, renewed_by_terms,
};
use cardea_domain::{Code, Day, Instant, Refusal, Text};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text as SqlText};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

statements! {
    SelectMeasures -> (SqlText, BigInt) =
        "SELECT measure, CAST(SUM(amount) AS BIGINT) FROM measures WHERE chain_id = ? AND membership_id = ? \
         AND day >= ? AND day <= ? GROUP BY measure ORDER BY measure";
    SelectBegun -> (Integer,) = "SELECT opened_on FROM memberships WHERE chain_id = ? AND id = ?";
    SelectRenewed -> (Integer,) =
        "SELECT was_valid_through FROM renewals WHERE chain_id = ? AND membership_id = ? \
         ORDER BY was_valid_through DESC LIMIT 1";
    SelectExtended -> (Binary, Nullable<BigInt>) =
        "SELECT x.lot_id, x.was_expires_at FROM lot_extensions x \
         JOIN lots l ON l.chain_id = x.chain_id AND l.membership_id = x.membership_id AND l.id = x.lot_id \
         WHERE x.chain_id = ? AND x.membership_id = ? AND x.with_membership AND l.expires_at = x.expires_at \
         ORDER BY x.at DESC";
}

/// What a plugin is told in any case, 0 where nothing was booked.
const MEASURES: [&str; 2] = ["paid", "visits"];

/// An application for a renewal, made now.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRenewal {
    /// Where it is applied for.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
}

/// A membership to renew.
#[derive(Clone, Debug)]
pub struct Renew {
    pub membership: MembershipId,
    pub renewal: NewRenewal,
}

/// A renewal that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Renewal)]
pub struct RenewalView {
    /// null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<RenewalId>,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// In the zone of the store that opened the membership, as all dates here.
    #[schema(value_type = String, format = Date)]
    pub applied_on: Day,
    /// The last valid day before.
    #[schema(value_type = String, format = Date)]
    pub was_valid_through: Day,
    /// The last valid day now.
    #[schema(value_type = String, format = Date)]
    pub valid_through: Day,
    /// Stable name of the rule that granted it.
    #[schema(example = "core.renewal")]
    pub rule: String,
    /// The rule in one sentence.
    pub explanation: Text,
    /// The end had been booked: membership and cards are open again.
    pub reopened: bool,
    /// Points that ended with the membership before the renewal; they aren't given back.
    #[schema(value_type = i64)]
    pub points_ended: Points,
    /// What became of them, in one sentence; null where none ended.
    pub points_notice: Option<Text>,
    /// The membership's cards that go on.
    pub cards: Vec<RenewedCard>,
}

/// A card whose validity goes on with its membership's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RenewedCard {
    #[schema(value_type = Uuid)]
    pub id: CardId,
    pub state: CardState,
    /// What people did to it stays: a lost card is lost.
    pub blocks: Vec<Block>,
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
}

/// Leave to renew, and what was asked for it.
struct Grant {
    rule: String,
    explanation: Text,
    valid_through: Day,
    input: Option<RecordedInput>,
}

/// A membership before its renewal.
struct Applied<'a> {
    member: &'a Member,
    store: StoreFacts,
    configuration: &'a Configuration,
    /// The last valid day as it stands.
    last: Day,
    applied_on: Day,
}

impl Renew {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor
            .require(Action::MembershipRenew, Some(self.renewal.store_id))?;
        let store = desk.store(self.renewal.store_id)?;
        let (chain, now) = (desk.chain(), desk.now(None));
        let member = desk
            .engine
            .read(chain, |conn| load::member_head(conn, chain, self.membership))?
            .ok_or_else(|| Refusal::new(Code::NotFound, "没有这个会籍", "There is no such membership"))?;
        let Some(end) = member.expires_at else {
            return Err(not_eligible(vec![renewal_endless()]).into());
        };
        if let Some(customer) = member.customer {
            let standing = desk.engine.read(chain, |conn| {
                load::standing_membership(conn, chain, customer, member.program)
            })?;
            // Another one has taken its place.
            if standing.is_some_and(|(id, _)| id != member.id) {
                return Err(membership_exists().into());
            }
        }
        let configuration = desk.configuration(member.program, now)?;
        let zone = desk.zone(member.store)?;
        let applied = Applied {
            member: &member,
            store,
            configuration: &configuration,
            last: zone.day_of(Instant(end.0 - 1)),
            applied_on: zone.day_of(now),
        };
        let grant = ask(desk, &applied)?;
        let late = late(desk, &applied, (now, end))?;
        let args = RenewalArgs {
            id: RenewalId(Uuid::now_v7()),
            was_valid_through: applied.last,
            applied_on: applied.applied_on,
            valid_through: grant.valid_through,
            rule: grant.rule,
            explanation: grant.explanation,
            input: grant.input.as_ref().map(|input| input.sha256),
            ends: late.asked.as_ref().map(|asked| asked.ends.clone()),
            own_dates: late.own_dates,
        };
        Ok(Box::new(Renewing {
            quoted: desk.purpose == super::Purpose::Quote,
            membership: member.id,
            of_customer: member.customer.map(|customer| (customer, member.program)),
            end,
            args,
            input: grant.input,
            questions: late.asked.map(|asked| asked.questions).unwrap_or_default(),
            // Its last day is one in the zone of the store that opened it.
            context: Context {
                zone,
                ..desk.context(store, Some(&configuration), now)
            },
        }))
    }
}

/// The plugin's word where it has one; the program's terms are told to it, and decide without it.
fn ask(desk: &Desk, applied: &Applied) -> Result<Grant> {
    let by_terms = by_terms(applied.configuration.terms.renewal, applied);
    let plugin = desk.plugin(applied.configuration)?.map_err(|e| failed(desk, &e))?;
    if !plugin.has(Function::RenewalDecide) {
        let through = by_terms.map_err(|reason| not_eligible(vec![reason]))?;
        return Ok(Grant {
            rule: "core.renewal".to_owned(),
            explanation: renewed_by_terms(through),
            valid_through: through,
            input: None,
        });
    }
    let mut request = request(desk, &plugin, applied, by_terms.ok())?;
    let decision = plugin.renew(&request).map_err(|e| failed(desk, &e))?;
    request.config.clear();
    let input = plugin::record(&request)?;
    match decision {
        renewal::Decision::Granted(grant) => Ok(Grant {
            rule: grant.reason.rule,
            explanation: Text::new(grant.reason.explanation.zh, grant.reason.explanation.en),
            valid_through: Day(grant.valid_through),
            input: Some(input),
        }),
        renewal::Decision::Refused(reasons) => {
            let reason = |reason: plugin::Reason| RuleRefusal {
                rule: reason.rule,
                explanation: Text::new(reason.explanation.zh, reason.explanation.en),
            };
            Err(not_eligible(reasons.into_iter().map(reason).collect()).into())
        }
    }
}

/// What is known of the points of a membership that is renewed after its end.
#[derive(Default)]
struct Late {
    asked: Option<AskedEnds>,
    /// Lots that a night has let go on, with their own dates.
    own_dates: Vec<(LotId, Option<Instant>)>,
}

/// Asks which points outlive the membership (D-HOT-8), where it is over; who renews keeps those.
fn late(desk: &Desk, applied: &Applied, (now, end): (Instant, Instant)) -> Result<Late> {
    let (chain, id) = (desk.chain(), applied.member.id);
    if now < end || decides_ends(desk.engine, chain, applied.configuration)?.is_none() {
        return Ok(Late::default());
    }
    let need = MemberNeed {
        id,
        figures: None,
        upgrades: false,
    };
    let (member, extended) = desk.engine.read(chain, |conn| {
        let member = load::member(conn, chain, &need)?;
        // The first of a lot comes last, and says what it was before all others.
        let extended = fetch!(conn, SelectExtended, [chain, id] => (Id, Option<i64>))?;
        Ok((member, extended))
    })?;
    let member = member.ok_or_else(stale)?;
    let zone = desk.zone(member.store)?;
    let over = Over {
        member: &member,
        zone,
        minor_units: applied.store.minor_units,
        today: applied.applied_on,
        whole: None,
        lots: Over::with_membership(&member, applied.last),
    };
    let mut own_dates: Vec<(LotId, Option<Instant>)> = Vec::new();
    for (lot, was) in extended {
        own_dates.retain(|(known, _)| *known != lot.typed::<LotId>());
        own_dates.push((lot.typed(), was.map(Instant)));
    }
    Ok(Late {
        asked: over.ask(desk.engine, chain, applied.configuration)?,
        own_dates,
    })
}

fn by_terms(terms: Option<RenewalTerms>, applied: &Applied) -> Result<Day, RuleRefusal> {
    terms
        .ok_or_else(renewal_never)?
        .renewed_through(applied.last, applied.applied_on)
}

fn request(desk: &Desk, plugin: &Plugin, applied: &Applied, by_terms: Option<Day>) -> Result<renewal::Request> {
    let config = &applied.configuration.plugin_config;
    let window = plugin.renewal_history(config).map_err(|e| failed(desk, &e))?;
    let (chain, membership) = (desk.chain(), applied.member.id);
    let (since, figures) = desk.engine.read(chain, |conn| {
        let since = match window.months {
            0 => {
                let renewed = fetch!(conn, SelectRenewed, [chain, membership] => (i32,))?.pop();
                let begun = fetch!(conn, SelectBegun, [chain, membership] => (i32,))?.pop();
                let after = renewed.map(|(last,)| last + 1);
                Day(after.or(begun.map(|(day,)| day)).unwrap_or(applied.last.0))
            }
            // The validity that ends with the last day: one of twelve months through 28 February begins on 1 March.
            months => {
                let after = applied.last.plus_days(1).unwrap_or(applied.last);
                after.months_earlier(months).unwrap_or(applied.last)
            }
        };
        let figures = fetch!(conn, SelectMeasures, [chain, membership, since, applied.last] => (String, i64))?;
        Ok((since, figures))
    })?;
    let none = MEASURES
        .iter()
        .filter(|name| !figures.iter().any(|(known, _)| known == *name));
    let none = none.map(|name| ((*name).to_owned(), 0)).collect::<Vec<_>>();
    let mut measures: Vec<renewal::Measure> = figures
        .into_iter()
        .chain(none)
        .map(|(name, value)| renewal::Measure { name, value })
        .collect();
    measures.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(renewal::Request {
        config: config.clone(),
        minor_digits: applied.store.minor_units as u8,
        applied_on: applied.applied_on.0,
        valid_through: applied.last.0,
        tier: applied.member.tier.clone(),
        since: since.0,
        measures,
        by_terms: by_terms.map(|day| day.0),
    })
}

fn failed(desk: &Desk, error: &PluginError) -> Refusal {
    tracing::warn!(chain = %desk.chain(), %error, "the plugin couldn't decide a renewal");
    Refusal::new(
        Code::PluginFailed,
        "会员规则暂时无法判断，不能续卡，请稍后再试",
        "The program's rules can't be judged now, so nothing can be renewed; try again later",
    )
}

/// A renewal on its way to the writer.
struct Renewing {
    quoted: bool,
    membership: MembershipId,
    of_customer: Option<(CustomerId, ProgramId)>,
    /// First instant after the present validity.
    end: Instant,
    args: RenewalArgs,
    input: Option<RecordedInput>,
    /// Of a late one: what the plugin was asked of the points.
    questions: Vec<Question>,
    context: Context,
}

impl LedgerCommand for Renewing {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: None,
                upgrades: false,
            }],
            cards_of: Some(self.membership),
            open_of: self
                .of_customer
                .map(|(customer, program)| (customer, program, self.context.now)),
            ended_of: Some((self.membership, Instant(self.end.0 - 1))),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        if state.open_membership.is_some_and(|id| id != self.membership) {
            return Err(membership_exists());
        }
        let mut member = state.take(Some(self.membership)).ok_or_else(stale)?;
        let before: Vec<Card> = state.cards.values().map(|loaded| loaded.card.clone()).collect();
        let mut after = before.clone();
        let (rows, answer) = decide_renewal(&mut member, &mut after, &self.args, &self.context, ids)?;
        let changed = || before.iter().zip(&after).filter(|(a, b)| a.version != b.version);
        let view = RenewalView {
            id: (!self.quoted).then_some(self.args.id),
            membership_id: self.membership,
            applied_on: self.args.applied_on,
            was_valid_through: self.args.was_valid_through,
            valid_through: self.args.valid_through,
            rule: self.args.rule.clone(),
            explanation: self.args.explanation.clone(),
            reopened: answer.reopened,
            points_ended: answer.points_ended,
            points_notice: points_notice(answer.points_ended),
            cards: changed().map(|(_, card)| renewed(card)).collect(),
        };
        let events = changed().map(|(before, card)| self.event(before, card)).collect();
        let mut decision = Decision::new(rows, Answer::created(&view)?);
        decision.card_events = events;
        let detail = json!({
            "was_valid_through": self.args.was_valid_through, "valid_through": self.args.valid_through,
            "rule": self.args.rule, "reopened": answer.reopened, "points_ended": answer.points_ended,
        });
        decision.notes.audit.push(AuditRow {
            action: "membership.renew",
            subject: Some(self.membership.0),
            detail,
        });
        decision.notes.notices.extend(self.told());
        decision.inputs.extend(self.input.clone());
        decision.questions.extend(self.questions.iter().cloned());
        Ok(decision)
    }
}

impl Renewing {
    fn event(&self, before: &Card, card: &Card) -> CardEvent {
        CardEvent {
            card: card.id,
            operation: "renew",
            store: Some(self.context.store),
            reason: None,
            finder: None,
            detail: json!({ "was_valid_through": before.valid_through, "valid_through": card.valid_through }),
            at: self.context.now,
            from: before.state.as_str(),
            to: card.state.as_str(),
            blocks: save::blocks_text(&card.blocks),
        }
    }

    fn told(&self) -> Option<Notice> {
        let (customer, program) = self.of_customer?;
        Some(Notice {
            kind: MessageKind::MembershipRenewed,
            to: Receiver::Customer(customer),
            subject: Some(self.membership.0),
            details: json!({ "program": { "program": program }, "day": { "day": self.args.valid_through.0 } }),
            source_key: None,
        })
    }
}

fn renewed(card: &Card) -> RenewedCard {
    RenewedCard {
        id: card.id,
        state: card.state,
        blocks: card.blocks.clone(),
        valid_through: card.valid_through,
    }
}

fn points_notice(points: Points) -> Option<Text> {
    (points > 0).then(|| {
        Text::new(
            format!("原有{points}积分已随会籍到期失效，续卡后不予恢复。"),
            format!("Points that ended with the membership and aren't given back: {points}."),
        )
    })
}
