//! Using sessions of a pass, and calling a use off (D-BEA-2).

use super::Purpose;
use super::confirmation::{Confirmation as Checks, noted};
use super::desk::{Desk, Receipt, a_till, check_reason, content_hash, no_such_card, or_a_till, stale};
use super::guard::{Guarded, Operation, Wanted};
use super::top_up_refund::no_such_pass;
use crate::error::Result;
use crate::identity::Action;
use crate::store::Answer;
use crate::store::statement::{fetch, statements};
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load, prepaid};
use cardea_domain::id::*;
use cardea_domain::prepaid::{Confirmation, UseArgs, decide_use, decide_use_cancel};
use cardea_domain::sale::{BillKind, Confirmed, Context, EntryView, NaturalKey};
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
    /// How the customer confirms it.
    pub confirmation: Confirmation,
    /// Number of the card, with confirmation `card`.
    pub card: Option<String>,
    /// What else was made sure of, where the program's plugin demands it; a confirmation by signature is one here too.
    #[serde(default)]
    pub checks: Checks,
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
    Use(BillId, i64, StaffId, Confirmation, Option<&'a str>),
    Cancel(BillId),
}

impl PassUsing {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Use { .. } => "pass.use",
            Self::Cancel { .. } => "pass.use_cancel",
        }
    }

    /// Of a use: what was made sure of.
    pub(super) fn checks(&self) -> Option<(&Checks, &NewPassUse)> {
        match self {
            Self::Use { used, .. } => Some((&used.checks, used)),
            Self::Cancel { .. } => None,
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
                used.confirmation,
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
        let wanted = match self {
            Self::Use { used, .. } => Some((used.sessions, used.therapist_id, used.confirmation)),
            Self::Cancel { .. } => None,
        };
        let card = match self {
            Self::Use { used, .. } => confirmed(desk, used, membership, occurred_at.min(now))?,
            Self::Cancel { .. } => None,
        };
        let member = desk.member_head(membership)?;
        let configuration = desk.configuration(member.program, now)?;
        let id = BillId(Uuid::now_v7());
        let (mut guarded, mut made_sure) = (Guarded::default(), Confirmed::default());
        if let Self::Use { used, .. } = self {
            made_sure = used.checks.confirmed(desk, used.store_id, card)?;
            made_sure.signature |= used.confirmation == Confirmation::Signature;
            let wanted = Wanted {
                service: &found.terms.service,
                ..Wanted::new(Operation::UseSession, used.sessions)
            };
            let bill = (id.0, key.business_date);
            guarded = Guarded::ask(desk, &configuration, (&member, store), bill, &[wanted])?;
        }
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
            made_sure,
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

/// Who treats works here, and a card that confirms is the membership's and works.
fn confirmed(desk: &Desk, used: &NewPassUse, membership: MembershipId, at: Instant) -> Result<Option<CardId>> {
    let (chain, therapist) = (desk.chain(), used.therapist_id);
    let works = desk.engine.read(chain, |conn| {
        Ok(fetch!(conn, SelectTherapist, [chain, therapist] => (bool,))?.pop())
    })?;
    if works != Some((true,)) {
        let (zh, en) = ("请选择在职的操作员工", "Name somebody who works here");
        return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/therapist_id").into());
    }
    let Some(number) = &used.card else {
        if used.confirmation == Confirmation::Card {
            let (zh, en) = ("以刷卡确认时须给出卡号", "A card that confirms is named by its number");
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/card").into());
        }
        return Ok(None);
    };
    let card = desk
        .engine
        .read(chain, |conn| load::card_by_number(conn, chain, number))?;
    let card = card.filter(|card| card.card.membership == membership);
    let card = card.ok_or_else(|| no_such_card().at("/card"))?;
    card.check_usable(at)?;
    Ok(Some(card.card.id))
}

/// A use or its calling off on its way to the writer.
struct Using {
    quote: bool,
    pass: BillId,
    used: Option<BillId>,
    membership: MembershipId,
    wanted: Option<(i64, StaffId, Confirmation)>,
    made_sure: Confirmed,
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
        let (args, context) = (&self.args, &self.context);
        let (rows, answer) = match self.wanted {
            Some(wanted) => decide_use(&mut member, &pass, wanted, args, context, ids)?,
            None => {
                let used = state.pass_use.take().ok_or_else(no_such_use)?;
                decide_use_cancel(&mut member, (&pass, &used), args, context, ids)?
            }
        };
        if !self.quote {
            let lacking = self.guarded.lacking(self.made_sure, Vec::new());
            let refused = self.guarded.check(&lacking);
            refused.map_err(|refusal| refusal.at("/checks"))?;
        }
        let told = Answer::booked(&answer.entries, |entries| PassUseView {
            id: (!self.quote).then_some(args.id),
            pass_id: self.pass,
            left: answer.left,
            entries,
        })?;
        let mut decision = Decision::new(rows, told);
        let (action, detail) = match self.wanted {
            Some((sessions, therapist, _)) => (
                "pass.use",
                json!({ "pass_id": self.pass, "sessions": sessions, "therapist_id": therapist }),
            ),
            None => ("pass.use_cancel", json!({ "pass_id": self.pass, "use_id": self.used })),
        };
        decision.notes.audit.push(AuditRow {
            action,
            subject: Some(args.id.0),
            detail: noted(detail, self.made_sure),
        });
        decision.questions.extend(self.guarded.questions());
        Ok(decision)
    }
}
