//! Using sessions of a pass, and calling a use off (D-BEA-2).

use super::Purpose;
use super::confirmation::{Confirmation, check_use, noted};
use super::desk::{Desk, Receipt, a_till, check_reason, content_hash, no_such_card, or_a_till, stale};
use super::guard::{Guarded, Operation, Wanted};
use super::top_up_refund::no_such_pass;
use crate::error::Result;
use crate::identity::Action;
use crate::store::Answer;
use crate::store::statement::{fetch, statements};
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load, prepaid};
use cardea_domain::card::CardKind;
use cardea_domain::id::*;
use cardea_domain::prepaid::{Confirmation as Way, UseArgs, decide_use, decide_use_cancel};
use cardea_domain::sale::{BillKind, CardUse, Confirmed, ConfirmedUse, Context, Demand, EntryView, NaturalKey};
use cardea_domain::{Code, Instant, Refusal};
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

statements! {
    SelectTherapist -> (Bool,) = "SELECT active FROM staff WHERE chain_id = ? AND id = ?";
}

/// Sessions of a pass that are used.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassUse {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Absent: `till`.
    #[serde(default = "a_till", deserialize_with = "or_a_till")]
    #[schema(value_type = Option<String>)]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date among uses of passes; a repeat gets the first answer.
    #[schema(example = "0010")]
    pub receipt: String,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 10_000, example = 1)]
    pub sessions: i64,
    /// Who treats.
    #[schema(value_type = Uuid)]
    pub therapist_id: StaffId,
    /// How the customer confirms it, beside or instead of the card; what the program demands and isn't there is refused
    /// `confirmation_needed`.
    #[serde(default)]
    pub confirmation: Confirmation,
    /// Number of the card that was shown; a dynamic code isn't taken here.
    pub card: Option<String>,
}

fn one() -> i64 {
    1
}

/// A use that is called off: its sessions come back, once.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassUseCancellation {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Absent: `till`.
    #[serde(default = "a_till", deserialize_with = "or_a_till")]
    #[schema(value_type = Option<String>)]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date among uses that were called off; a repeat gets the first answer.
    #[schema(example = "0011")]
    pub receipt: String,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
    #[schema(example = "顾客改期")]
    pub reason: String,
}

/// What happens with a pass.
#[derive(Clone, Debug)]
pub enum PassUsing {
    Use {
        pass: BillId,
        used: NewPassUse,
    },
    Cancel {
        used: BillId,
        cancellation: NewPassUseCancellation,
    },
}

#[derive(Serialize)]
enum Content<'a> {
    Use(BillId, i64, StaffId, Option<&'a str>),
    Cancel(BillId),
}

impl PassUsing {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Use { .. } => "pass.use",
            Self::Cancel { .. } => "pass.use_cancel",
        }
    }

    /// Store, receipt and time.
    fn place(&self) -> (StoreId, Receipt<'_>, Option<Instant>) {
        match self {
            Self::Use { used: u, .. } => {
                let receipt = Receipt {
                    source: &u.source,
                    till: &u.till,
                    receipt: &u.receipt,
                };
                (u.store_id, receipt, u.occurred_at)
            }
            Self::Cancel { cancellation: c, .. } => {
                let receipt = Receipt {
                    source: &c.source,
                    till: &c.till,
                    receipt: &c.receipt,
                };
                (c.store_id, receipt, c.occurred_at)
            }
        }
    }

    pub(super) fn natural(&self, desk: &Desk) -> Result<(NaturalKey, [u8; 32])> {
        let (store, receipt, at) = self.place();
        let kind = match self {
            Self::Use { .. } => BillKind::PassUse,
            Self::Cancel { .. } => BillKind::PassUseCancellation,
        };
        let key = receipt.key(desk.store(store)?, at.unwrap_or_else(|| desk.now(None)), kind)?;
        let content = match self {
            Self::Use { pass, used } => content_hash(&Content::Use(
                *pass,
                used.sessions,
                used.therapist_id,
                used.card.as_deref(),
            )),
            Self::Cancel { used, .. } => content_hash(&Content::Cancel(*used)),
        };
        Ok((key, content?))
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let (place, _, at) = self.place();
        desk.actor.require(Action::PassUse, Some(place))?;
        let (store, now, chain) = (desk.store(place)?, desk.now(None), desk.chain());
        let occurred_at = at.unwrap_or(now);
        let (key, content) = self.natural(desk)?;
        let (pass, used) = match self {
            Self::Use { pass, .. } => (*pass, None),
            Self::Cancel { used, cancellation } => {
                check_reason(&cancellation.reason)?;
                let found = desk.engine.read(chain, |conn| prepaid::pass_use(conn, chain, *used))?;
                (found.ok_or_else(no_such_use)?.pass, Some(*used))
            }
        };
        let found = desk.engine.read(chain, |conn| prepaid::pass(conn, chain, pass))?;
        let found = found.ok_or_else(no_such_pass)?;
        let membership = found.membership;
        let member = desk.member_head(membership)?;
        let configuration = desk.configuration(member.program, now)?;
        let id = BillId(Uuid::now_v7());
        let mut guarded = Guarded::default();
        let (wanted, card) = match self {
            Self::Use { used, .. } => {
                let card = shown(desk, used, membership, occurred_at.min(now))?;
                check_use(&configuration.terms.kinds, card.map(|card| card.1), CardUse::SpendValue)?;
                let card = card.map(|card| card.0);
                let confirmed = used.confirmation.confirmed(desk, place, card)?;
                let way = way(confirmed, card)?;
                let wanted = Wanted {
                    service: &found.terms.service,
                    ..Wanted::new(Operation::UseSession, used.sessions)
                };
                let bill = (id.0, key.business_date);
                guarded = Guarded::ask(desk, &configuration, (&member, store), bill, &[wanted])?;
                (Some((used.sessions, used.therapist_id, way, confirmed)), card)
            }
            Self::Cancel { .. } => (None, None),
        };
        let mut context = desk.context(store, Some(&configuration), now);
        context.judged_at = occurred_at.min(now);
        let reason = match self {
            Self::Use { .. } => None,
            Self::Cancel { cancellation, .. } => Some(cancellation.reason.trim().to_owned()),
        };
        Ok(Box::new(Using {
            quote: desk.purpose == Purpose::Quote,
            pass,
            used,
            membership,
            wanted,
            guarded,
            args: UseArgs {
                id,
                key,
                content,
                occurred_at,
                privileged: desk.privileged(false),
                card,
                reason,
            },
            context,
        }))
    }
}

fn no_such_use() -> Refusal {
    Refusal::new(Code::NotFound, "没有这次使用记录", "There is no such use of a pass")
}

/// How the customer confirmed it: nobody's sessions go by the till's word alone.
fn way(confirmed: Confirmed, card: Option<CardId>) -> Result<Way, Refusal> {
    match (confirmed, card) {
        (Confirmed { pin: true, .. }, _) => Ok(Way::Pin),
        (Confirmed { signature: true, .. }, _) => Ok(Way::Signature),
        (_, Some(_)) => Ok(Way::Card),
        (_, None) => {
            let zh = "使用次卡须由顾客确认：刷卡、输入卡密码或在小票上签字，确认后请重新提交。";
            let en = "The customer confirms that sessions are used: by card, PIN or signature; confirm it and send it again.";
            let refusal = Refusal::new(Code::ConfirmationNeeded, zh, en).at("/confirmation");
            Err(refusal.with(|facts| facts.missing = vec![Demand::Signature.to_string()]))
        }
    }
}

/// Who treats works here, and a card that is shown is the membership's and works.
fn shown(desk: &Desk, used: &NewPassUse, membership: MembershipId, at: Instant) -> Result<Option<(CardId, CardKind)>> {
    let (chain, therapist) = (desk.chain(), used.therapist_id);
    let works = desk.engine.read(chain, |conn| {
        Ok(fetch!(conn, SelectTherapist, [chain, therapist] => (bool,))?.pop())
    })?;
    if works != Some((true,)) {
        let (zh, en) = ("请选择在职的操作员工", "Name somebody who works here");
        return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/therapist_id").into());
    }
    let Some(number) = &used.card else {
        return Ok(None);
    };
    let card = desk
        .engine
        .read(chain, |conn| load::card_by_number(conn, chain, number))?;
    let card = card.filter(|card| card.card.membership == membership);
    let card = card.ok_or_else(|| no_such_card().at("/card"))?;
    card.check_usable(at)?;
    Ok(Some((card.card.id, card.card.kind)))
}

/// A use or its calling off on its way to the writer.
struct Using {
    quote: bool,
    pass: BillId,
    used: Option<BillId>,
    membership: MembershipId,
    wanted: Option<(i64, StaffId, Way, Confirmed)>,
    guarded: Guarded,
    args: UseArgs,
    context: Context,
}

/// What using sessions, or calling it off, did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PassUseAnswer)]
pub struct PassUseView<E> {
    /// Of the use, or of calling it off; null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    #[schema(value_type = Uuid)]
    pub pass_id: BillId,
    /// Sessions left of the pass.
    pub left: i64,
    #[schema(value_type = Vec<EntryView>)]
    pub entries: E,
}

impl LedgerCommand for Using {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: None,
                upgrades: false,
            }],
            cards: self.args.card.into_iter().collect(),
            pass: Some(self.pass),
            pass_use: self.used,
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
        let mut member = state.take(Some(self.membership)).ok_or_else(stale)?;
        if !self.guarded.is_current(&member) {
            return Err(stale());
        }
        let pass = state.pass.take().ok_or_else(no_such_pass)?;
        if pass.membership != self.membership {
            // It went along with a membership that was merged meanwhile.
            return Err(stale());
        }
        let (args, context) = (&self.args, &self.context);
        let (rows, answer) = match self.wanted {
            Some((sessions, therapist, way, confirmed)) => {
                let demands = &context.terms.requirements;
                let by_terms = confirmed.lacking(demands, ConfirmedUse::UseSession, sessions);
                if !self.quote {
                    self.guarded.check(&self.guarded.lacking(confirmed, by_terms))?;
                }
                decide_use(&mut member, &pass, (sessions, therapist, way), args, context, ids)?
            }
            None => {
                let used = state.pass_use.take().ok_or_else(no_such_use)?;
                decide_use_cancel(&mut member, (&pass, &used), args, context, ids)?
            }
        };
        let told = Answer::booked(&answer.entries, |entries| PassUseView {
            id: (!self.quote).then_some(args.id),
            pass_id: self.pass,
            left: answer.left,
            entries,
        })?;
        let mut decision = Decision::new(rows, told);
        let (action, detail) = match self.wanted {
            Some((sessions, therapist, _, confirmed)) => {
                let detail = json!({ "pass_id": self.pass, "sessions": sessions, "therapist_id": therapist });
                ("pass.use", noted(detail, confirmed))
            }
            None => ("pass.use_cancel", json!({ "pass_id": self.pass, "use_id": self.used })),
        };
        decision.notes.audit.push(AuditRow {
            action,
            subject: Some(args.id.0),
            detail,
        });
        decision.questions.extend(self.guarded.questions());
        Ok(decision)
    }
}
