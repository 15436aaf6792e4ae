//! Tiers that people set by hand (D-TIER-2).

use super::desk::{Desk, stale};
use super::told;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load};
use cardea_domain::id::*;
use cardea_domain::tier::{Ladder, ManualArgs, TierReason, TierView, decide_manual, decide_revoke};
use cardea_domain::{Day, Refusal, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// A tier to set by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTier {
    /// A step of the ladder in force, above the one that figures give.
    #[schema(example = "gold")]
    pub tier: String,
    /// Its last day, in the issuing store's zone: from today to 24 months from now.
    #[schema(value_type = String, format = Date)]
    pub until: Day,
    pub reason: TierReason,
}

/// Why a tier that was set by hand is taken back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierRevocation {
    pub reason: TierReason,
}

/// A membership's tier after it was set by hand, or taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TierSet {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    pub tier: TierView,
    /// Its last day; null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    pub explanation: Text,
}

/// Sets a tier, or takes one back that was set.
#[derive(Clone, Debug)]
pub struct SetTier {
    pub membership: MembershipId,
    /// Tier and last day; None: take it back.
    pub to: Option<(String, Day)>,
    pub reason: TierReason,
}

impl SetTier {
    pub(super) fn name(&self) -> &'static str {
        match self.to {
            Some(_) => "tier.set",
            None => "tier.revoke",
        }
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor.scope(Action::TierSet)?;
        let chain = desk.chain();
        let head = desk
            .engine
            .read(chain, |conn| load::member_head(conn, chain, self.membership))?;
        let head = head.ok_or_else(not_found)?;
        desk.actor.require(Action::TierSet, Some(head.store))?;
        let (zone, now) = (desk.zone(head.store)?, desk.now(None));
        let ladder = desk.configuration(head.program, now)?.ladder.clone();
        Ok(Box::new(Setting {
            command: self.clone(),
            ladder,
            args: ManualArgs {
                staff: desk.actor.staff,
                reason: self.reason,
                today: zone.day_of(now),
                now,
            },
        }))
    }
}

/// On its way to the writer.
struct Setting {
    command: SetTier,
    ladder: Ladder,
    args: ManualArgs,
}

impl LedgerCommand for Setting {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.command.membership,
                figures: self.ladder.wanted(self.args.today),
                upgrades: false,
            }],
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let mut member = state.take(Some(self.command.membership)).ok_or_else(stale)?;
        let rows = match &self.command.to {
            Some((tier, until)) => decide_manual(&mut member, &self.ladder, (tier, *until), self.args)?,
            None => decide_revoke(&mut member, &self.ladder, self.args)?,
        };
        let change = rows.tier_changes.first().ok_or_else(stale)?;
        let answer = TierSet {
            membership_id: member.id,
            tier: self.ladder.view(&member.tier),
            valid_through: member.tier_until,
            explanation: change.explanation.clone(),
        };
        let audit = AuditRow {
            action: self.command.name(),
            subject: Some(member.id.0),
            detail: json!({
                "from": change.from, "to": change.to, "until": change.valid_through, "reason": self.args.reason,
            }),
        };
        let mut decision = Decision::new(rows, Answer::ok(&answer)?);
        decision.notes.audit.push(audit);
        decision.notes.notices = told::of_tiers(&self.ladder, &member, &decision.rows.tier_changes);
        Ok(decision)
    }
}
