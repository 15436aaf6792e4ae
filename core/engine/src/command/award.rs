//! Awards of campaigns without a bill (V11). Only the job in `job/awards.rs` gives them, as the system.

use super::desk::{Desk, stale};
use crate::error::Result;
use crate::store::Answer;
use crate::store::statement::{fetch, statements};
use crate::store::writer::AuditRow;
use crate::store::writer::ledger::{CampaignNeed, Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::load;
use cardea_domain::campaign::{AwardArgs, Offer, decide_award};
use cardea_domain::id::*;
use cardea_domain::rows::CampaignUseRow;
use cardea_domain::sale::Context;
use cardea_domain::{Code, Day, Refusal};
use diesel::sql_types::Binary;
use serde_json::json;
use std::sync::Arc;

statements! {
    SelectAwarded -> (Binary,) =
        "SELECT id FROM campaign_uses WHERE chain_id = ? AND campaign_id = ? AND membership_id = ? AND occasion = ?";
}

/// An award to give to a membership.
#[derive(Clone, Debug)]
pub struct Award {
    pub(crate) offer: Arc<Offer>,
    pub(crate) membership: MembershipId,
    /// What for, once: `sign_up`, or the year of a birthday.
    pub(crate) occasion: String,
    /// In the zone of the membership's store.
    pub(crate) day: Day,
}

impl Award {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let (chain, campaign) = (desk.chain(), self.offer.id.0);
        let member = desk.member_head(self.membership)?;
        let awarded = desk.engine.read(chain, |conn| {
            let occasion = self.occasion.as_str();
            Ok(fetch!(conn, SelectAwarded, [chain, campaign, self.membership, occasion] => (crate::store::Id,))?)
        })?;
        if !awarded.is_empty() {
            return Err(given_already().into());
        }
        let now = desk.now(None);
        let cards = desk
            .engine
            .read(chain, |conn| load::cards_of(conn, chain, self.membership))?;
        if !cards.iter().any(|card| card.check_usable(now).is_ok()) {
            return Err(disabled().into());
        }
        let configuration = desk.configuration(member.program, now)?;
        // Closed stores have members too.
        let store = desk.facts(member.store)?;
        Ok(Box::new(Awarding {
            award: self.clone(),
            version: member.version,
            context: desk.context(store, Some(&configuration), now),
        }))
    }
}

fn given_already() -> Refusal {
    Refusal::new(Code::AlreadyExists, "该赠分已发放", "It has been awarded already")
}

/// Who can use no card gets nothing: once one works again, the next run makes up for it.
fn disabled() -> Refusal {
    let en = "No card of the membership works now, so it gets no award";
    Refusal::new(Code::CardBlocked, "会籍没有可用的卡，暂不赠分", en)
}

/// An award on its way to the writer.
struct Awarding {
    award: Award,
    /// Of the membership: two awards for the same can't both be the first.
    version: i64,
    context: Context,
}

impl LedgerCommand for Awarding {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.award.membership,
                figures: None,
                upgrades: false,
            }],
            campaigns: vec![CampaignNeed {
                campaign: self.award.offer.id,
                membership: self.award.membership,
                day: self.award.day,
                shared: self.award.offer.rules.budget.is_some(),
            }],
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let mut member = state.take(Some(self.award.membership)).ok_or_else(stale)?;
        if member.version != self.version {
            return Err(stale());
        }
        let offer = &self.award.offer;
        let args = AwardArgs {
            offer: Offer::clone(offer),
            day: self.award.day,
        };
        let usage = state.campaigns.get(&offer.id).copied().unwrap_or_default();
        let (mut rows, used) = decide_award(&mut member, &args, &usage, &self.context, ids)?;
        let points = used.as_ref().map_or(0, |used| used.points);
        rows.campaign_uses.extend(used.map(|used| CampaignUseRow {
            id: ids.next_id(),
            campaign: used.campaign,
            version: used.version,
            membership: member.id,
            bill: None,
            occasion: Some(self.award.occasion.clone()),
            day: self.award.day,
            points: used.points,
            let_off: used.let_off,
        }));
        let mut decision = Decision::new(rows, Answer::ok(&points)?);
        decision.notes.audit.push(AuditRow {
            action: "campaign.award",
            subject: Some(offer.id.0),
            detail: json!({ "membership_id": member.id, "occasion": self.award.occasion, "points": points }),
        });
        Ok(decision)
    }
}
