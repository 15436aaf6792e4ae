//! What a ledger command is to the writer: what it needs loaded, and a pure decision on it.

use super::blanks::TakenBlank;
use super::claims::{Claim, RewardNeed};
use super::parts::Asked;
use super::pools::PoolNeed;
use super::tx::{Answer, Notes};
use crate::actor::Actor;
use crate::plugin::{Function, RecordedInput};
use crate::store::statement::Bind;
use cardea_domain::campaign::Usage;
use cardea_domain::card::{At, Block, Card, CardNumber, CardState, usable};
use cardea_domain::card_stock::Blank;
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, Lot, Member};
use cardea_domain::measure::Wanted;
use cardea_domain::prepaid::{PassRecord, PassUseRecord, TopUpRecord};
use cardea_domain::rows::{CampaignUseRow, PinRow, Rows};
use cardea_domain::sale::{NaturalKey, Pool, Reward, SaleRecord};
use cardea_domain::terms::{AcceptanceChannel, TermsKind};
use cardea_domain::voucher::{UsedVoucher, Voucher};
use cardea_domain::{Day, Instant, Refusal, Zone};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A command with its proposal, ready to be decided on current state. The writer loads [`Needs`], calls `decide`, and
/// saves what it answers, all in the batch's transaction.
pub trait LedgerCommand: Send {
    fn needs(&self) -> Needs;

    /// How many usual commands it takes as long as: waves and slices are cut by it.
    fn weight(&self) -> usize {
        1
    }

    /// The permanent key of the bill it books, and the hash of what the till sent.
    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        None
    }

    /// Decides. Pure: the state comes in, rows go out. May be called again after a neighbour's failure.
    ///
    /// # Errors
    /// The refusal that the caller gets; `busy` means that the proposal's basis has changed and it is proposed again.
    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal>;
}

/// What must be loaded, under the writer's lock, before a decision.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    pub members: Vec<MemberNeed>,
    pub cards: Vec<CardId>,
    /// Every card of this membership.
    pub cards_of: Option<MembershipId>,
    /// A bill with all that a return needs.
    pub record: Option<BillId>,
    pub rewards: Vec<RewardNeed>,
    /// How this exchange is handed over.
    pub claim_of: Option<BillId>,
    /// The customer's membership in a program that is open and unexpired at this instant.
    pub open_of: Option<(CustomerId, ProgramId, Instant)>,
    /// The customer's memberships, in whatever program, as of an earlier instant.
    pub standing_of: Option<(CustomerId, Instant)>,
    /// Lots of points of this membership whose end was booked after this instant.
    pub ended_of: Option<(MembershipId, Instant)>,
    /// When this membership's tier was last reached or reviewed.
    pub tier_of: Option<MembershipId>,
    /// Whether a card number is taken, and which blank has it.
    pub number: Option<CardNumber>,
    /// Codes of vouchers.
    pub vouchers: Vec<VoucherNeed>,
    /// What paid this bill of codes.
    pub vouchers_of: Option<BillId>,
    /// This card's PIN.
    pub pin_of: Option<CardId>,
    /// Whether this card's code of a step was used.
    pub code: Option<(CardId, i64)>,
    /// Lots that are past their date; memberships that aren't among `members` come along, with their balances and no other
    /// lots.
    pub due_lots: Option<DueNeed>,
    /// The pool of a membership; whoever is in it must be among `members` too.
    pub pool_of: Option<PoolNeed>,
    /// How far campaigns have gone for a membership.
    pub campaigns: Vec<CampaignNeed>,
    /// What campaigns gave for this bill.
    pub uses_of: Option<BillId>,
    /// A membership with its balances, without lots: whoever only adds needs no more, however many there are.
    pub balances_of: Option<MembershipId>,
    /// A top-up with what is left of it and what it bought.
    pub top_up: Option<BillId>,
    /// A pass with what is left of it.
    pub pass: Option<BillId>,
    /// A use of a pass.
    pub pass_use: Option<BillId>,
}

/// A campaign whose caps have to be known.
#[derive(Clone, Copy, Debug)]
pub struct CampaignNeed {
    pub campaign: CampaignId,
    pub membership: MembershipId,
    /// Whose day and month count.
    pub day: Day,
    /// It has a budget, which everybody shares.
    pub shared: bool,
}

/// A membership to load.
#[derive(Clone, Copy, Debug)]
pub struct MemberNeed {
    pub id: MembershipId,
    /// Which figures of its tier are wanted; None: none at all.
    pub figures: Option<Wanted>,
    /// With the upgrades that sales caused, and the figures back to the oldest one's window.
    pub upgrades: bool,
}

/// Lots of memberships that are past their date and whose end isn't booked, empty ones too.
#[derive(Clone, Debug)]
pub struct DueNeed {
    pub memberships: Vec<MembershipId>,
    /// When they are past it.
    pub at: Instant,
}

/// A code of a voucher to load.
#[derive(Clone, Copy, Debug)]
pub struct VoucherNeed {
    pub id: VoucherId,
    pub kind: VoucherKindId,
    pub digest: [u8; 32],
    /// Whose uses of the kind are counted.
    pub member: Option<MembershipId>,
}

/// What was loaded. A decision changes it in place.
#[derive(Default)]
pub struct State {
    pub members: BTreeMap<MembershipId, Member>,
    pub cards: BTreeMap<CardId, LoadedCard>,
    pub record: Option<SaleRecord>,
    pub rewards: BTreeMap<RewardId, Reward>,
    pub claim: Option<Claim>,
    pub open_membership: Option<MembershipId>,
    pub standing: Vec<MembershipId>,
    pub number_taken: bool,
    /// The blank card of the number.
    pub blank: Option<Blank>,
    pub pin: Option<PinRow>,
    pub code_used: bool,
    /// None: never.
    pub tier_since: Option<Day>,
    pub vouchers: BTreeMap<VoucherId, Voucher>,
    pub used_vouchers: Vec<UsedVoucher>,
    pub due_lots: BTreeMap<MembershipId, BTreeMap<Asset, Vec<Lot>>>,
    pub campaigns: BTreeMap<CampaignId, Usage>,
    pub uses: Vec<CampaignUseRow>,
    pub pool: Option<Pool>,
    pub top_up: Option<TopUpRecord>,
    pub pass: Option<PassRecord>,
    pub pass_use: Option<PassUseRecord>,
}

/// A card with the zone of its issuing store, in which its validity is counted.
#[derive(Clone, Debug)]
pub struct LoadedCard {
    pub card: Card,
    pub zone: Zone,
    /// Of a replaced card: how the new one's number ends.
    pub new_last_four: Option<String>,
}

impl LoadedCard {
    /// Whether it works, its validity as of `at`: an end that came since doesn't count, whatever else people did to it
    /// does.
    ///
    /// # Errors
    /// `card_blocked`
    pub fn check_usable(&self, at: Instant) -> Result<(), Refusal> {
        let blocks = &self.card.blocks;
        if self.ended_after(at) {
            let others: Vec<Block> = blocks
                .iter()
                .copied()
                .filter(|block| *block != Block::Expired)
                .collect();
            return usable(At::new(CardState::Active, &others), false, None);
        }
        usable(self.card.at(), self.expired(at), self.new_last_four.as_deref())
    }

    /// Whether it was in the holder's hands then, blocked or not: a lost card may be found again or replaced, one that
    /// is void won't come back.
    pub fn is_held(&self, at: Instant) -> bool {
        self.ended_after(at) || self.card.state == CardState::Active && !self.expired(at)
    }

    /// Whether it is void because its time was over, which it wasn't at `at`.
    fn ended_after(&self, at: Instant) -> bool {
        self.card.state == CardState::Void && self.card.blocks.contains(&Block::Expired) && !self.expired(at)
    }

    /// Whether its last day is over, booked by a job or not.
    pub fn expired(&self, now: Instant) -> bool {
        self.card.valid_through.is_some_and(|last| self.zone.day_of(now) > last)
    }
}

impl State {
    /// Takes a member out to be decided on.
    pub fn take(&mut self, id: Option<MembershipId>) -> Option<Member> {
        id.and_then(|id| self.members.remove(&id))
    }
}

/// What a decision wants done.
#[derive(Debug)]
pub struct Decision {
    /// Saved before the rest: the end of a membership that a new one follows, exchanges on a bill; with what their bills keep
    /// of an answer.
    pub before: Vec<(Rows, String)>,
    pub rows: Rows,
    pub answer: Answer,
    pub notes: Notes,
    pub card_events: Vec<CardEvent>,
    /// The blank that a new card takes out of stock.
    pub blank: Option<TakenBlank>,
    /// What a new membership accepts.
    pub accepted: Vec<(MembershipId, AcceptedTerms)>,
    /// What plugins were asked, but for a sale of this command.
    pub inputs: Vec<RecordedInput>,
    /// What a plugin was asked of the sale that this command books.
    pub asked: Option<Asked>,
    /// What plugins were asked that no entry and no renewal names.
    pub questions: Vec<Question>,
}

/// What a plugin was asked before something was done: kept with its recorded input, so that it can be decided again.
#[derive(Clone, Debug)]
pub struct Question {
    pub function: Function,
    /// What it was about: a bill, a card that was replaced, a membership.
    pub subject: Uuid,
    pub configuration: ConfigurationId,
    pub input: RecordedInput,
}

impl Decision {
    pub fn new(rows: Rows, answer: Answer) -> Self {
        Self {
            before: Vec::new(),
            rows,
            answer,
            notes: Notes::default(),
            card_events: Vec::new(),
            blank: None,
            accepted: Vec::new(),
            inputs: Vec::new(),
            asked: None,
            questions: Vec::new(),
        }
    }
}

/// A version of terms that a member accepts (D-CON-6).
#[derive(Clone, Debug)]
pub struct AcceptedTerms {
    pub terms: TermsId,
    pub kind: TermsKind,
    pub number: i32,
    pub channel: AcceptanceChannel,
    pub at: Instant,
    /// When it is noted; on paper that is later.
    pub noted_at: Instant,
}

impl AcceptedTerms {
    /// As [`super::insert::InsertAcceptance`] takes it.
    pub(super) fn row(&self, actor: &Actor, id: Uuid, membership: MembershipId) -> [Bind<'_>; 10] {
        [
            actor.chain.into(),
            id.into(),
            membership.into(),
            self.terms.into(),
            self.kind.as_str().into(),
            self.number.into(),
            self.channel.as_str().into(),
            self.at.into(),
            self.noted_at.into(),
            actor.staff.into(),
        ]
    }
}

/// One operation on a card (D-CARD-4): what, by whom, why, and what it led to.
#[derive(Clone, Debug)]
pub struct CardEvent {
    pub card: CardId,
    pub operation: &'static str,
    pub store: Option<StoreId>,
    pub reason: Option<String>,
    /// Who handed the card in, sealed: in clear it stands nowhere.
    pub finder: Option<Vec<u8>>,
    /// JSON: what was confirmed.
    pub detail: serde_json::Value,
    pub at: Instant,
    pub from: &'static str,
    pub to: &'static str,
    pub blocks: String,
}
