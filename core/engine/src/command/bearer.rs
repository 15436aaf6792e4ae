//! Cards without a customer: an anonymous one, or one that a member of staff holds (D-CARD-1). No plugin decides who gets
//! one, as there is nobody whose purchases it could look at.

use super::answer::answered;
use super::card_ops::check_number;
use super::desk::{Desk, new_number, stale};
use super::issue::{check_holder, issued};
use crate::error::Result;
use crate::identity::Action;
use crate::store::Answer;
use crate::store::statement::{fetch, statements};
use crate::store::writer::AuditRow;
use crate::store::writer::ledger::{AcceptedTerms, Decision, LedgerCommand, Needs, State};
use crate::terms::{self, Accepting};
use cardea_domain::card::CardKind;
use cardea_domain::id::*;
use cardea_domain::sale::*;
use cardea_domain::{Code, Day, Refusal};
use diesel::sql_types::{BigInt, Bool};
use serde_json::json;
use uuid::Uuid;

statements! {
    SelectStaff -> (Bool,) = "SELECT active FROM staff WHERE chain_id = ? AND id = ?";
    CountHeld -> (BigInt,) =
        "SELECT COUNT(*) FROM cards c JOIN memberships m ON m.chain_id = c.chain_id AND m.id = c.membership_id \
         WHERE c.chain_id = ? AND m.program_id = ? AND c.holder_staff_id = ? AND c.state IN ('active', 'applied') AND m.open";
}

/// A membership that belongs to no customer, with its first card.
#[derive(Clone, Debug)]
pub struct IssueToBearer {
    pub program: ProgramId,
    pub store: StoreId,
    pub kind: CardKind,
    /// Who holds a staff card.
    pub staff: Option<StaffId>,
    /// Last valid day of a temporary card.
    pub until: Option<Day>,
    pub accepting: Vec<Accepting>,
}

impl IssueToBearer {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.require(Action::CardIssue, Some(self.store))?;
        let store = desk.store(self.store)?;
        let (now, chain) = (desk.now(None), desk.chain());
        let configuration = desk.configuration(self.program, now)?;
        let kind = KindTerms::of(&configuration.terms.kinds, self.kind)?;
        check_holder(&kind, self.staff.map_or(HolderRule::Nobody, |_| HolderRule::Staff))?;
        if let Some(staff) = self.staff {
            self.check_staff(desk, staff)?;
        }
        let accepted = desk.engine.read(chain, |conn| {
            terms::enrolment(conn, (chain, self.program), &self.accepting, now)
        })?;
        let through = kind.valid_through(store.zone.day_of(now), None, self.until)?;
        Ok(Box::new(Bearing {
            args: IssueArgs {
                membership: MembershipId(Uuid::now_v7()),
                program: self.program,
                customer: None,
                card: CardId(Uuid::now_v7()),
                number: new_number()?,
                kind: self.kind,
                issuing: kind.issuing,
                holder_staff: self.staff,
                valid_through: through,
                card_through: through,
                qualifying: None,
            },
            accepted,
            context: desk.context(store, Some(&configuration), now),
        }))
    }

    /// # Errors
    /// `field_invalid` for somebody who isn't there any more, `membership_exists` for who has such a card.
    fn check_staff(&self, desk: &Desk, staff: StaffId) -> Result<()> {
        let chain = desk.chain();
        let (there, held) = desk.engine.read(chain, |conn| {
            let there = fetch!(conn, SelectStaff, [chain, staff] => (bool,))?.pop();
            let held = fetch!(conn, CountHeld, [chain, self.program, staff] => (i64,))?.pop();
            Ok((there, held))
        })?;
        if there != Some((true,)) {
            let en = "There is no such member of staff, or the account is closed";
            return Err(Refusal::new(Code::FieldInvalid, "没有这位员工，或其账号已停用", en)
                .at("/staff_id")
                .into());
        }
        if held.is_some_and(|(cards,)| cards > 0) {
            let en = "The member of staff has a card of this program already";
            return Err(Refusal::new(Code::MembershipExists, "该员工在此计划中已有卡", en)
                .at("/staff_id")
                .into());
        }
        Ok(())
    }
}

/// A membership of nobody on its way to the writer.
struct Bearing {
    args: IssueArgs,
    accepted: Vec<AcceptedTerms>,
    context: Context,
}

impl LedgerCommand for Bearing {
    fn needs(&self) -> Needs {
        Needs {
            number: Some(self.args.number.clone()),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        check_number(state, false).map_err(|_| stale())?;
        let (rows, answer) = decide_issue(None, &self.args, &self.context, ids)?;
        let card = answered(&answer.card, &answer.member, &self.context.ladder, self.context.now);
        let mut decision = Decision::new(rows, Answer::created(&card)?);
        decision.card_events.push(issued(&answer.card, &self.context));
        let accepted = self.accepted.iter().cloned();
        decision.accepted = accepted.map(|terms| (self.args.membership, terms)).collect();
        let detail = json!({
            "membership_id": self.args.membership, "kind": self.args.kind, "staff_id": self.args.holder_staff,
        });
        decision.notes.audit.push(AuditRow {
            action: "card.issue",
            subject: Some(answer.card.id.0),
            detail,
        });
        Ok(decision)
    }
}
