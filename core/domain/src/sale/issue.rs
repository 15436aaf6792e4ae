//! Opening a membership with its first card, and further cards (D-RET-1).

use super::bill::field;
use super::earn::{self, Earning};
use super::returns::kept_lines;
use super::{
    Basis, BillKind, Bonus, Context, EntryView, Issuing, Judgement, Proposal, RecordedLine, SaleRecord, counted, sell,
};
use crate::calendar::Day;
use crate::card::{Card, CardKind, CardNumber, CardState};
use crate::error::{Code, Refusal};
use crate::id::*;
use crate::ledger::{Asset, Balance, Booking, Member};
use crate::measure::Figures;
use crate::rows::{BillMembership, CardRow, MembershipRow, Rows};
use crate::tier::TierView;
use std::collections::BTreeMap;

/// The purchase that met the rules, booked without a membership, and what the plugin proposes for it at the base tier
/// as a first purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qualifying {
    pub record: SaleRecord,
    pub proposal: Proposal,
}

/// A membership to open, with its first card. The caller has asked the plugin, and knows that the customer has no open
/// membership in the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueArgs {
    pub membership: MembershipId,
    pub program: ProgramId,
    pub customer: Option<CustomerId>,
    pub card: CardId,
    pub number: CardNumber,
    pub kind: CardKind,
    pub issuing: Issuing,
    /// Where a member of staff holds it.
    pub holder_staff: Option<StaffId>,
    /// The last valid day of the membership, in the zone of the issuing store; none: no end.
    pub valid_through: Option<Day>,
    /// The last valid day of the card.
    pub card_through: Option<Day>,
    pub qualifying: Option<Qualifying>,
}

/// A further card of a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCardArgs {
    pub card: CardId,
    pub number: CardNumber,
    pub kind: CardKind,
    pub issuing: Issuing,
    /// Where a member of staff holds it.
    pub holder_staff: Option<StaffId>,
    pub valid_through: Option<Day>,
}

/// What was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueAnswer {
    pub card: Card,
    pub tier: TierView,
    pub valid_through: Option<Day>,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    /// The membership as it stands now.
    pub member: Member,
}

impl Issuing {
    fn first_state(self) -> CardState {
        match self {
            Self::AtOnce => CardState::Active,
            Self::OnCollection | Self::OnApproval => CardState::Applied,
        }
    }

    fn entered_by(self, context: &Context) -> Option<StaffId> {
        context.staff.filter(|_| self != Self::AtOnce)
    }
}

/// Opens a membership and its first card, and books the qualifying purchase: it becomes the membership's first one,
/// judged at the base tier; what has been returned of it earns nothing.
///
/// # Errors
/// `field_invalid` for a validity that is over; `busy` for a proposal on another basis; `internal` for a purchase that
/// has a membership already. Nothing has changed then.
pub fn decide_issue(
    introducer: Option<&mut Member>,
    args: &IssueArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, IssueAnswer), Refusal> {
    let today = context.zone.day_of(context.now);
    if args.valid_through.is_some_and(|last| last < today) {
        return Err(field("/valid_through", "有效期已过", "is over already"));
    }
    let membership = MembershipRow {
        id: args.membership,
        program: args.program,
        customer: args.customer,
        store: context.store,
        opened_at: context.now,
        opened_on: today,
        valid_through: args.valid_through,
        expires_at: args
            .valid_through
            .and_then(|last| context.zone.first_instant_after(last)),
        tier: context
            .ladder
            .steps
            .first()
            .map_or_else(String::new, |step| step.id.clone()),
    };
    let mut member = Member::opened(&membership);
    let mut rows = Rows::default();
    let mut entries = Vec::new();
    if let Some(qualifying) = &args.qualifying {
        entries = book_qualifying(&mut member, introducer, qualifying, context, &mut rows, ids)?;
    }
    let card = CardRow {
        id: args.card,
        membership: args.membership,
        number: args.number.clone(),
        kind: args.kind,
        state: args.issuing.first_state(),
        awaits_approval: args.issuing == Issuing::OnApproval,
        entered_by: args.issuing.entered_by(context),
        store: context.store,
        issued_at: context.now,
        valid_through: args.card_through,
        replaces: None,
        holder_staff: args.holder_staff,
    };
    let answer = IssueAnswer {
        card: Card::issued(&card),
        tier: context.ladder.view(&member.tier),
        valid_through: args.card_through,
        entries,
        balances: member.balances(context.now),
        member,
    };
    rows.memberships.push(membership);
    rows.cards.push(card);
    Ok((rows, answer))
}

/// Books the purchase that met the rules to the new membership.
fn book_qualifying(
    member: &mut Member,
    introducer: Option<&mut Member>,
    qualifying: &Qualifying,
    context: &Context,
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) -> Result<Vec<EntryView>, Refusal> {
    let record = &qualifying.record;
    if record.kind != BillKind::Sale || record.membership.is_some() {
        let zh = "办卡所凭的消费已属于一个会籍。";
        return Err(Refusal::new(
            Code::Internal,
            zh,
            "The qualifying purchase belongs to a membership already.",
        ));
    }
    let outcome = sell::current_outcome(Some(&qualifying.proposal), &Basis::of(member, context))?;
    let outcome = outcome.filter(|outcome| outcome.check_lines(record.lines.len()).is_ok());
    let introducer = introducer.filter(|introducer| introducer.is_open(context.now));
    let kept = kept_lines(&record.lines);
    let earning = outcome.map(|outcome| {
        let earning = Earning::new(outcome, &kept, context.terms.rounding);
        earning.introduced_if(introducer.is_some())
    });
    rows.bill_memberships
        .push(judged(record, member.id, earning.as_ref(), context)?);
    if earning.is_none() {
        let input = qualifying.proposal.input;
        rows.unjudged.extend(input.map(|input| (record.id, input)));
    }
    let mut source = sell::source(context, record.id, record.occurred_at);
    source.input = qualifying.proposal.input;
    let day = record.key.business_date;
    let lot_terms = earn::lot_terms(context, day);
    let mut booking = Booking::new(member, Asset::points(), source.clone(), rows, ids);
    if let Some(earning) = &earning {
        earning.book(&mut booking, lot_terms);
    }
    let entries = booking.finish();
    if let (Some(earning), Some(introducer)) = (&earning, introducer) {
        sell::book_introducer(introducer, earning, source, lot_terms, rows, ids);
    }
    let purchase = counted::Purchase {
        bill: record.id,
        day,
        paid: record.paid - record.returned_paid,
        earned: earning.as_ref().map_or(0, |earning| earning.earned),
        of_lines: counted::of_lines(&record.lines),
    };
    counted::count(member, &purchase, context, rows);
    Ok(entries)
}

/// A bill as it is judged after it was booked; without an earning it stays unjudged.
pub(super) fn judged(
    record: &SaleRecord,
    membership: MembershipId,
    earning: Option<&Earning>,
    context: &Context,
) -> Result<BillMembership, Refusal> {
    let contribution = |line: &RecordedLine| {
        let points = earning.map_or(0, |earning| earning.contribution(line.number));
        (line.number, points)
    };
    Ok(BillMembership {
        bill: record.id,
        membership,
        judgement: if earning.is_some() {
            Judgement::Judged
        } else {
            Judgement::Unjudged
        },
        earned: earning.map_or(0, |earning| earning.earned),
        bonuses: sell::json(earning.map_or(&[][..], |earning| &earning.bonuses))?,
        terms: sell::terms_row(&context.terms)?,
        contributions: record.lines.iter().map(contribution).collect(),
    })
}

/// An unjudged sale that earns nothing any more, because it was paid back before its plugin answered.
///
/// # Errors
/// `internal`
pub(crate) fn unearned(record: &SaleRecord, membership: MembershipId) -> Result<BillMembership, Refusal> {
    Ok(BillMembership {
        bill: record.id,
        membership,
        judgement: Judgement::Judged,
        earned: 0,
        bonuses: sell::json::<[Bonus]>(&[])?,
        terms: sell::terms_row(&record.terms)?,
        contributions: record.lines.iter().map(|line| (line.number, 0)).collect(),
    })
}

impl Member {
    /// A membership as it stands after its row was saved.
    pub fn opened(row: &MembershipRow) -> Self {
        Self {
            id: row.id,
            program: row.program,
            customer: row.customer,
            store: row.store,
            opened_at: row.opened_at,
            open: true,
            was_open: true,
            expires_at: row.expires_at,
            tier: row.tier.clone(),
            tier_until: None,
            below: None,
            purchases: 0,
            version: 1,
            accounts: BTreeMap::new(),
            figures: Figures::default(),
            upgrades: Vec::new(),
            ended: Vec::new(),
            holds: Vec::new(),
        }
    }
}

/// Adds a card to an open membership.
///
/// # Errors
/// `membership_closed`
pub fn decide_add_card(member: &Member, args: &AddCardArgs, context: &Context) -> Result<(Rows, Card), Refusal> {
    member.check_open(context.now)?;
    let row = CardRow {
        id: args.card,
        membership: member.id,
        number: args.number.clone(),
        kind: args.kind,
        state: args.issuing.first_state(),
        awaits_approval: args.issuing == Issuing::OnApproval,
        entered_by: args.issuing.entered_by(context),
        store: context.store,
        issued_at: context.now,
        valid_through: args.valid_through,
        replaces: None,
        holder_staff: args.holder_staff,
    };
    let card = Card::issued(&row);
    Ok((
        Rows {
            cards: vec![row],
            ..Rows::default()
        },
        card,
    ))
}

/// An anonymous membership becomes a customer's, and its cards named ones (D-CARD-1). The caller knows that the customer has
/// no open membership in the program.
///
/// # Errors
/// `membership_closed`; `already_exists` for a membership that has a holder. Nothing has changed then.
pub fn decide_named(
    member: &mut Member,
    cards: &mut [Card],
    customer: CustomerId,
    context: &Context,
) -> Result<Rows, Refusal> {
    member.check_open(context.now)?;
    if member.customer.is_some() {
        return Err(Refusal::new(
            Code::AlreadyExists,
            "该会籍已登记持卡人。",
            "The membership has a holder already.",
        ));
    }
    let mut rows = Rows::default();
    for card in cards.iter_mut().filter(|card| card.kind == CardKind::Anonymous) {
        card.kind = CardKind::Customer;
        card.version += 1;
        rows.card_updates.push(card.update());
    }
    member.customer = Some(customer);
    // Named value never expires (D-CARD-11).
    let (id, now) = (member.id, context.now);
    let value = member.accounts.iter_mut().filter(|(asset, _)| asset.is_money());
    for lot in value.flat_map(|(_, account)| &mut account.lots) {
        if lot.terms.expires_at.is_some_and(|end| now < end) {
            lot.terms.expires_at = None;
            rows.lot_dates.push((id, lot.id, None));
        }
    }
    rows.named.push((member.id, customer));
    rows.membership_updates.push(member.touch());
    Ok(rows)
}
