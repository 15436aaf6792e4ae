//! Awards without a bill (V11): a welcome once, a birthday once a year.

use super::{CampaignEffect, Offer, Usage, Use};
use crate::calendar::Day;
use crate::error::{Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Booking, EntryDraft, EntryKind, LotTerms, Member, Source};
use crate::money::Points;
use crate::rows::Rows;
use crate::sale::Context;

/// An award to give.
#[derive(Clone, Debug)]
pub struct AwardArgs {
    pub offer: Offer,
    /// The day in the zone of the member's store.
    pub day: Day,
}

/// Books an award, or what of it the campaign's caps leave; a cap is told. Nothing is booked where nothing is left.
///
/// # Errors
/// `membership_closed` for a membership that has ended. Nothing has changed then.
pub fn decide_award(
    member: &mut Member,
    args: &AwardArgs,
    usage: &Usage,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, Option<Use>), Refusal> {
    member.check_open(context.now)?;
    let (offer, wanted) = (&args.offer, args.offer.rules.amount);
    let cap = offer.rules.left(usage).filter(|(left, _)| *left < wanted);
    let points = cap.as_ref().map_or(wanted, |(left, _)| *left);
    let mut rows = Rows::default();
    if points == 0 {
        return Ok((rows, None));
    }
    let source = Source {
        bill: None,
        store: Some(context.store),
        occurred_at: context.now,
        booked_at: context.now,
        judged_at: context.now,
        configuration: Some(context.configuration),
        input: None,
    };
    let terms = LotTerms {
        matures_at: None,
        expires_at: context.terms.expires_at(args.day, context),
    };
    let mut booking = Booking::new(member, Asset::points(), source, &mut rows, ids);
    booking.credit(draft(offer, points, wanted, cap.map(|(_, why)| why)), points, terms);
    booking.finish();
    rows.membership_updates.push(member.touch());
    let used = Use {
        campaign: offer.id,
        version: offer.version,
        points,
        let_off: wanted - points,
    };
    Ok((rows, Some(used)))
}

fn draft(offer: &Offer, points: Points, wanted: Points, cap: Option<Text>) -> EntryDraft {
    let Text { zh, en } = &offer.name;
    let (why_zh, why_en) = match offer.rules.effect {
        CampaignEffect::Birthday => ("生日赠分", "a birthday present"),
        _ => ("入会赠分", "a welcome"),
    };
    let mut explanation = Text::new(
        format!("活动「{zh}」{why_zh}：+{points}。"),
        format!("Campaign “{en}”, {why_en}: +{points}."),
    );
    if let Some(cap) = cap {
        let off = wanted - points;
        explanation.zh.push_str(&format!("{}，其余{off}分不计。", cap.zh));
        explanation.en.push_str(&format!(" {} and {off} are let off.", cap.en));
    }
    EntryDraft {
        kind: EntryKind::Bonus,
        rule: format!("campaign.{}", offer.code),
        explanation,
        line: None,
        reverses: None,
    }
}
