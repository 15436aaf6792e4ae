//! Cards as the till shows them.

use super::CustomerBrief;
use super::find::{self, Sought};
use super::holder::{Holders, without_figures};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::store::writer::ledger::{LoadedCard, MemberNeed};
use crate::store::writer::load;
use crate::{Engine, Page, PageArgs};
use cardea_domain::card::{At, Block, CardKind, CardOp, CardState, allowed};
use cardea_domain::id::{CardId, ChainId, CustomerId, MembershipId, ProgramId, StaffId, StoreId};
use cardea_domain::ledger::Balance;
use cardea_domain::sale::EntryView;
use cardea_domain::tier::TierView;
use cardea_domain::{Day, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

// As of the chain's business time: points past their date are gone, whether or not a job has booked it. `H` is what is
// told of the holder: a stored answer tells the id, a query the name in both languages, the interface in the reader's.
/// A credential of a membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Card<H> {
    #[schema(value_type = Uuid)]
    pub id: CardId,
    #[schema(example = "90000000000000")]
    pub number: String,
    pub kind: CardKind,
    pub state: CardState,
    // Sorted; `expired` too where the validity of an active card is over.
    /// Usable: active without a block.
    pub blocks: Vec<Block>,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<CardHolder>)]
    pub customer: Option<H>,
    pub tier: TierView,
    /// Last day on which it works, in the issuing store's zone.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    pub balances: Vec<Balance>,
    #[schema(value_type = Option<Uuid>)]
    pub replaced_by: Option<CardId>,
    /// How the number of the card in its place ends.
    #[serde(default)]
    #[schema(example = "0042")]
    pub replaced_by_last_four: Option<String>,
    /// The member of staff who holds it.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// What the state and the blocks allow, whoever may do it.
    #[serde(default)]
    #[schema(required = true)]
    pub allowed: Vec<CardOp>,
    /// The qualifying purchase's points; only in the answer to issuing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub entries: Vec<EntryView>,
}

/// A card as queries find it.
pub type CardView = Card<CustomerBrief>;

/// A card as the interface shows it.
pub type CardShown = Card<CardHolder>;

/// The holder as a till shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CardHolder {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    /// Surname and form of address, in the language of `Accept-Language`.
    #[schema(example = "王女士")]
    pub display: String,
    #[schema(example = "138****5678")]
    pub phone_masked: Option<String>,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardQuery {
    /// Card number, phone number, last four digits of either, or name.
    pub code: String,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl<H> Card<H> {
    /// The same card with something else told of its holder.
    pub fn told<T>(self, holder: impl FnOnce(H) -> T) -> Card<T> {
        Card {
            id: self.id,
            number: self.number,
            kind: self.kind,
            state: self.state,
            blocks: self.blocks,
            membership_id: self.membership_id,
            program_id: self.program_id,
            store_id: self.store_id,
            customer: self.customer.map(holder),
            tier: self.tier,
            valid_through: self.valid_through,
            balances: self.balances,
            replaced_by: self.replaced_by,
            replaced_by_last_four: self.replaced_by_last_four,
            staff_id: self.staff_id,
            allowed: self.allowed,
            entries: self.entries,
        }
    }
}

impl Engine {
    /// Cards found by a whole number (14 digits), a whole phone number, the last four digits of a phone or a card, or
    /// a name; for each customer the newest first. A whole number finds a card of any store, the rest stays within the
    /// actor's own.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn cards(&self, actor: &Actor, code: &str, page: &PageArgs) -> Result<Page<CardView>, Refusal> {
        let sought = Sought::parse(code);
        // A whole number with a typing error finds nothing, and asks for no more than a right one.
        let exact = sought.as_ref().is_none_or(Sought::is_exact);
        let scope = actor.scope(if exact { Action::CardLookup } else { Action::CardRead })?;
        let found = find::cards(self, (actor.chain, &scope), sought.as_ref(), page)?;
        let loaded = self.read(actor.chain, |conn| {
            let cards = found.items.iter().map(|id| load::card(conn, actor.chain, *id));
            cards.collect::<Result<Vec<_>>>()
        })?;
        Ok(Page {
            items: views(self, actor.chain, loaded.into_iter().flatten().collect())?,
            next: found.next,
        })
    }

    /// One card, with balances as of business now.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn card(&self, actor: &Actor, id: CardId) -> Result<CardView, Refusal> {
        let card = readable(self, actor, id)?;
        let view = views(self, actor.chain, vec![card])?.pop();
        view.ok_or_else(not_found)
    }
}

/// A card that the actor may read.
///
/// # Errors
/// `forbidden`, `not_found`.
pub(super) fn readable(engine: &Engine, actor: &Actor, id: CardId) -> Result<LoadedCard, Refusal> {
    actor.scope(Action::CardLookup)?;
    let card = engine
        .read(actor.chain, |conn| load::card(conn, actor.chain, id))?
        .ok_or_else(not_found)?;
    actor.require(Action::CardLookup, Some(card.card.store))?;
    Ok(card)
}

/// Cards with what they show of their memberships, in the same order.
fn views(engine: &Engine, chain: ChainId, cards: Vec<LoadedCard>) -> Result<Vec<CardView>> {
    let needs: Vec<MemberNeed> = cards
        .iter()
        .map(|loaded| without_figures(loaded.card.membership))
        .collect();
    let holders = Holders::load(engine, chain, &needs)?;
    cards.into_iter().map(|card| view(card, &holders)).collect()
}

/// A card with what it shows of its membership, which `holders` must have.
pub(super) fn view(loaded: LoadedCard, holders: &Holders) -> Result<CardView> {
    let over = loaded.expired(holders.now);
    let LoadedCard {
        card, new_last_four, ..
    } = loaded;
    let member = holders.member(card.membership);
    let member = member.ok_or_else(|| Error::internal(format!("the membership of card {} is missing", card.id)))?;
    let mut blocks = card.blocks;
    if over && card.state == CardState::Active && !blocks.contains(&Block::Expired) {
        blocks.push(Block::Expired);
        blocks.sort_unstable();
    }
    let at = At {
        state: card.state,
        blocks: &blocks,
        awaits_approval: card.awaits_approval,
    };
    Ok(CardView {
        allowed: allowed(at),
        id: card.id,
        number: card.number.into(),
        kind: card.kind,
        state: card.state,
        blocks,
        membership_id: card.membership,
        program_id: member.program,
        store_id: card.store,
        customer: holders.customer(member),
        tier: holders.tier(member),
        valid_through: card.valid_through,
        balances: member.balances(holders.now),
        replaced_by: card.replaced_by,
        replaced_by_last_four: new_last_four,
        staff_id: card.holder_staff,
        entries: Vec::new(),
    })
}
