//! Campaigns on bills (D-CAM-1): which ones a bill meets is looked up before the writer, what they give is decided in it,
//! where their caps and budgets are known.

use super::desk::{Desk, StoreFacts};
use crate::campaign::Meeting;
use crate::error::Result;
use crate::store::writer::ledger::{CampaignNeed, State};
use cardea_domain::campaign::{CoveredLine, Offer, Use, judge, meets};
use cardea_domain::id::*;
use cardea_domain::rows::{CampaignUseRow, Rows};
use cardea_domain::sale::{
    Bill, Line, Outcome, Proposal, RecordedLine, ReturnAnswer, SaleRecord, spread_unpaid, too_many_points,
};
use cardea_domain::{Day, Instant, Refusal, Zone};
use std::sync::Arc;

/// The campaigns that a bill meets.
#[derive(Default)]
pub(super) struct Offers {
    met: Vec<Arc<Offer>>,
    /// Whose bill it is, and its day, to which daily and monthly caps belong.
    of: Option<(MembershipId, Day)>,
}

/// A bill that may meet campaigns.
pub(super) struct Occasion {
    pub program: ProgramId,
    pub membership: MembershipId,
    pub customer: Option<CustomerId>,
    pub store: StoreId,
    pub zone: Zone,
    pub at: Instant,
    pub day: Day,
}

/// What campaigns add to an outcome.
#[derive(Default)]
pub(super) struct Added {
    outcome: Option<Outcome>,
    uses: Vec<Use>,
}

impl Added {
    /// The outcome with it; None where it is as it was.
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    /// A proposal with it; None where it is as it was.
    pub fn to(&self, proposal: Option<&Proposal>) -> Option<Proposal> {
        let outcome = self.outcome.clone()?;
        proposal.map(|proposal| Proposal {
            outcome: Some(outcome),
            ..proposal.clone()
        })
    }
}

impl Offers {
    /// Looks up what a bill with these lines meets; nothing is read where the chain has no campaign.
    pub fn find(desk: &Desk, store: StoreFacts, occasion: &Occasion, lines: &[CoveredLine]) -> Result<Self> {
        if store.campaigns == 0 {
            return Ok(Self::default());
        }
        let mut met = desk.engine.offers(&Meeting {
            chain: desk.chain(),
            changes: store.campaigns,
            program: occasion.program,
            store: occasion.store,
            zone: occasion.zone,
            at: occasion.at,
            customer: occasion.customer,
        })?;
        // One that covers nothing of the bill shall not keep others waiting for its budget.
        met.retain(|offer| meets(offer, lines));
        Ok(Self {
            met,
            of: Some((occasion.membership, occasion.day)),
        })
    }

    /// How far those have gone that are held to something.
    pub fn needs(&self) -> Vec<CampaignNeed> {
        let Some((membership, day)) = self.of else {
            return Vec::new();
        };
        let needs = self.met.iter().map(|offer| CampaignNeed {
            campaign: offer.id,
            membership,
            day,
            shared: offer.rules.budget.is_some(),
        });
        needs.collect()
    }

    /// What they add to an outcome, if there is one.
    ///
    /// # Errors
    /// `field_invalid` where the bill would bring more points than can be booked.
    pub fn add<'a>(
        &self,
        outcome: Option<&Outcome>,
        lines: impl FnOnce() -> Vec<CoveredLine<'a>>,
        state: &State,
    ) -> Result<Added, Refusal> {
        let Some(outcome) = outcome.filter(|_| !self.met.is_empty()) else {
            return Ok(Added::default());
        };
        let offers: Vec<&Offer> = self.met.iter().map(AsRef::as_ref).collect();
        let usage = |offer: &Offer| state.campaigns.get(&offer.id).copied().unwrap_or_default();
        let judged = judge(outcome, &lines(), &offers, usage);
        if judged.outcome.is_too_much() {
            return Err(too_many_points());
        }
        Ok(Added {
            outcome: Some(judged.outcome),
            uses: judged.uses,
        })
    }

    /// Notes what was given with a bill that was judged.
    pub fn note(&self, added: Added, bill: BillId, rows: &mut Rows, ids: &mut dyn NewIds) {
        let Some((membership, day)) = self.of else { return };
        let row = |used: Use| CampaignUseRow {
            id: ids.next_id(),
            campaign: used.campaign,
            version: used.version,
            membership,
            bill: Some(bill),
            occasion: None,
            day,
            points: used.points,
            let_off: used.let_off,
        };
        rows.campaign_uses.extend(added.uses.into_iter().map(row));
    }
}

/// The lines of a new bill.
pub(super) fn covered(bill: &Bill) -> Vec<CoveredLine<'_>> {
    let line = |(line, counted): (&'_ Line, i64)| (line.number, line.quantity, counted);
    let figures: Vec<_> = bill.lines.iter().zip(spread_unpaid(bill)).map(line).collect();
    let texts = bill
        .lines
        .iter()
        .map(|line| (line.sku.as_str(), line.category.as_str()));
    let lines = texts
        .zip(figures)
        .map(|((sku, category), (number, quantity, counted))| CoveredLine {
            number,
            sku,
            category,
            quantity,
            counted,
        });
    lines.collect()
}

/// The lines of a bill that was booked earlier.
pub(super) fn recorded(record: &SaleRecord) -> Vec<CoveredLine<'_>> {
    fn line(line: &RecordedLine) -> CoveredLine<'_> {
        CoveredLine {
            number: line.number,
            sku: &line.sku,
            category: &line.category,
            quantity: line.quantity,
            counted: line.counted,
        }
    }
    record.lines.iter().map(line).collect()
}

/// A bill that comes back whole gives back what it took of caps and budgets, as if it hadn't been; unless points of it stay
/// with the member, for then the budget was spent. One of which something is kept gives nothing back.
pub(super) fn take_back(
    uses: &[CampaignUseRow],
    record: &SaleRecord,
    answer: &ReturnAnswer,
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) {
    let returned = |line: &RecordedLine| {
        let now = rows.progress.iter().flat_map(|progress| &progress.lines);
        let mut now = now.rev().filter(|(number, _)| *number == line.number);
        now.next().map_or(line.returned, |(_, returned)| *returned)
    };
    let kept = record.lines.iter().any(|line| returned(line) < line.quantity);
    if kept || answer.points.waived > 0 {
        return;
    }
    let back = uses.iter().map(|used| CampaignUseRow {
        id: ids.next_id(),
        bill: Some(answer.id),
        points: -used.points,
        let_off: -used.let_off,
        ..used.clone()
    });
    rows.campaign_uses.extend(back);
}
