//! Judging a sale later whose plugin had failed when it was rung up.

use super::earn::{self, Earning};
use super::issue::judged;
use super::returns::kept_lines;
use super::{Context, EntryView, Judgement, Outcome, SaleRecord, counted, sell};
use crate::error::{Code, Refusal};
use crate::id::NewIds;
use crate::ledger::{Asset, Balance, Booking, Member};
use crate::money::Points;
use crate::rows::Rows;
use serde::{Deserialize, Serialize};

/// What the plugin says at last, asked with what was recorded when the sale was rung up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateArgs {
    pub outcome: Outcome,
    /// SHA-256 of the recorded input.
    pub input: [u8; 32],
}

/// What a sale has earned at last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateAnswer {
    pub points_earned: Points,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
}

/// Books what an unjudged sale earns, under the rules of its date (`context` holds them): what has been returned of it
/// meanwhile earns nothing, and its points mature as if they had been there from the start. What doesn't hang on the
/// plugin was counted when it was rung up.
///
/// # Errors
/// `busy` if it has been judged meanwhile; `membership_closed`; `plugin_failed` for a proposal that the core doesn't
/// accept; `internal` if `member` isn't the sale's. Nothing has changed then.
pub fn decide_late(
    member: &mut Member,
    introducer: Option<&mut Member>,
    record: &SaleRecord,
    args: &LateArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, LateAnswer), Refusal> {
    if record.judgement != Judgement::Unjudged {
        let en = "The sale has been judged meanwhile.";
        return Err(Refusal::new(Code::Busy, "该消费已判定。", en));
    }
    if record.membership != Some(member.id) {
        let en = "The membership isn't the sale's.";
        return Err(Refusal::new(Code::Internal, "会籍与小票不符。", en));
    }
    member.check_open(context.now)?;
    if let Err(reason) = args.outcome.check_lines(record.lines.len()) {
        return Err(Refusal::new(Code::PluginFailed, reason.clone(), reason));
    }
    let introducer = introducer.filter(|introducer| introducer.is_open(context.now));
    let earning = Earning::new(&args.outcome, &kept_lines(&record.lines), context.terms.rounding);
    let earning = earning.introduced_if(introducer.is_some());
    let mut rows = Rows::default();
    rows.bill_memberships
        .push(judged(record, member.id, Some(&earning), context)?);
    rows.judged.push(record.id);
    let mut source = sell::source(context, record.id, record.occurred_at);
    source.input = Some(args.input);
    let lot_terms = earn::lot_terms(context, record.key.business_date);
    let mut booking = Booking::new(member, Asset::points(), source.clone(), &mut rows, ids);
    earning.book(&mut booking, lot_terms);
    let entries = booking.finish();
    let day = record.key.business_date;
    counted::count_points(member, (record.id, day), earning.earned, context, &mut rows);
    rows.membership_updates.push(member.touch());
    if let Some(introducer) = introducer {
        sell::book_introducer(introducer, &earning, source, lot_terms, &mut rows, ids);
    }
    let answer = LateAnswer {
        points_earned: earning.earned,
        entries,
        balances: member.balances(context.now),
    };
    Ok((rows, answer))
}
