//! The story of a lost card (D-CARD-5): when it went, who reported it, and what was spent with it in between.

use super::{cards, named};
use crate::actor::Actor;
use crate::command::open_finder;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::store::schema::{bills, card_events, entries};
use crate::store::writer::ledger::LoadedCard;
use crate::store::{Conn, Id};
use crate::{Engine, each};
use cardea_domain::card::CallBackQuestion;
use cardea_domain::id::{BillId, CardId, ChainId, StaffId, StoreId};
use cardea_domain::ledger::Asset;
use cardea_domain::sale::BillKind;
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Most bills that are listed.
const MOST: i64 = 500;

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CardLossQuery {
    /// Since when the card is gone; absent: as the holder said when it was reported.
    #[param(value_type = Option<String>, format = DateTime)]
    pub since: Option<Instant>,
}

/// A loss as it was reported last, and what was spent before. Of a card that was handed in without a report, the hand-in
/// stands for the report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardLoss {
    /// null: not known, so everything before the report is listed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub lost_at: Option<Instant>,
    #[schema(value_type = String, format = DateTime)]
    pub reported_at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// By phone: whether all questions were answered right.
    pub caller_verified: Option<bool>,
    /// Which were asked.
    pub questions: Vec<CallBackQuestion>,
    /// At the counter: whether the identity document was seen.
    pub identity_checked: Option<bool>,
    /// Since then the card was found and handed in, or it was handed in without any report.
    pub handed_in: Option<HandedIn>,
    /// Whether the card is lost still.
    pub lost: bool,
    /// How the number of the card in its place ends.
    pub replaced_by_last_four: Option<String>,
    /// What was spent with this card, newest first, at most 500 movements.
    pub spent: Vec<SpentBeforeReport>,
}

/// A found card at a counter (D-CARD-6).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HandedIn {
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Who took it.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Who brought it; null for whoever may not cancel the loss.
    #[schema(example = "保安老李")]
    pub by: Option<String>,
}

/// A movement that took something while the card was gone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SpentBeforeReport {
    #[schema(value_type = Uuid)]
    pub bill_id: BillId,
    #[schema(value_type = String, example = "sale")]
    pub kind: BillKind,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub till: String,
    pub receipt: String,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// What it took, in the asset's unit.
    #[schema(minimum = 0)]
    pub amount: i64,
}

/// What the event of a report keeps.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    caller_verified: Option<bool>,
    identity_checked: Option<bool>,
    questions: Vec<CallBackQuestion>,
    lost_at: Option<Instant>,
}

impl Engine {
    /// The last reported loss of a card, and who has handed it in since.
    ///
    /// # Errors
    /// `forbidden`; `not_found` for a card that there isn't, or that was neither reported lost nor handed in.
    pub fn card_loss(&self, actor: &Actor, id: CardId, since: Option<Instant>) -> Result<CardLoss, Refusal> {
        let loaded = cards::readable(self, actor, id)?;
        let chain = actor.chain;
        let last = |operation: &str| self.read(chain, |conn| last_event(conn, chain, id, operation));
        let (report, found) = (last("report_loss")?, last("hand_in")?);
        // A card that was found before it was reported again is gone again.
        let since_report = |found: &Event| report.as_ref().is_none_or(|report| report.id.0 < found.id.0);
        let found = found.filter(since_report);
        let handed_in = found.as_ref().map(|found| self.handed_in(actor, &loaded, found));
        let handed_in = handed_in.transpose()?;
        let Event {
            at, staff_id, detail, ..
        } = report.or(found).ok_or_else(crate::input::not_found)?;
        let told: Told = serde_json::from_str(&detail).map_err(Error::from)?;
        let lost_at = since.or(told.lost_at);
        let between = (lost_at.unwrap_or(Instant(i64::MIN)), Instant(at));
        let spent = self.read(chain, |conn| spent(conn, chain, &loaded, between))?;
        Ok(CardLoss {
            lost_at,
            reported_at: Instant(at),
            staff_id: staff_id.map(Id::typed),
            caller_verified: told.caller_verified,
            questions: told.questions,
            identity_checked: told.identity_checked,
            handed_in,
            lost: loaded.card.blocks.contains(&cardea_domain::card::Block::Loss),
            replaced_by_last_four: loaded.new_last_four,
            spent,
        })
    }

    /// A hand-in; who brought the card is for those who give it back.
    fn handed_in(&self, actor: &Actor, card: &LoadedCard, found: &Event) -> Result<HandedIn> {
        let may = actor.require(Action::CardCancelLoss, Some(card.card.store)).is_ok();
        let sealed = found.finder.as_deref().filter(|_| may);
        let keys = self.keys().chain(actor.chain);
        let by = sealed.map(|sealed| open_finder(&keys, card.card.id, sealed));
        Ok(HandedIn {
            at: Instant(found.at),
            staff_id: found.staff_id.map(Id::typed),
            by: by.transpose()?,
        })
    }
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = card_events)]
struct Event {
    id: Id,
    at: i64,
    staff_id: Option<Id>,
    detail: String,
    finder: Option<Vec<u8>>,
}

/// The last time that something happened to a card.
fn last_event(conn: &mut Conn, chain: ChainId, card: CardId, operation: &str) -> Result<Option<Event>> {
    let own = card_events::chain_id
        .eq(Id::from(chain))
        .and(card_events::card_id.eq(Id::from(card)));
    Ok(each!(conn, c => card_events::table
        .select(Event::as_select())
        .filter(own.and(card_events::operation.eq(operation)))
        .order(card_events::id.desc())
        .first(c)
        .optional()?))
}

type Row = (Id, String, Id, String, String, i64, String, i64);

fn spent(
    conn: &mut Conn,
    chain: ChainId,
    card: &LoadedCard,
    (from, to): (Instant, Instant),
) -> Result<Vec<SpentBeforeReport>> {
    let member = Id::from(card.card.membership);
    let own = bills::chain_id
        .eq(Id::from(chain))
        .and(bills::membership_id.eq(member))
        .and(bills::card_id.eq(Id::from(card.card.id)));
    let then = bills::occurred_at.ge(from.0).and(bills::occurred_at.le(to.0));
    let same = entries::chain_id
        .eq(bills::chain_id)
        .and(entries::membership_id.eq(member))
        .and(entries::bill_id.eq(bills::id.nullable()));
    let rows: Vec<Row> = each!(conn, c => bills::table
        .inner_join(entries::table.on(same))
        .select((
            bills::id,
            bills::kind,
            bills::store_id,
            bills::till,
            bills::receipt,
            bills::occurred_at,
            entries::asset,
            entries::amount,
        ))
        .filter(own.and(then).and(entries::kind.eq_any(["spend", "redeem", "use"])))
        .order((bills::occurred_at.desc(), entries::id.desc()))
        .limit(MOST)
        .load(c)?);
    let view = |(id, kind, store, till, receipt, at, asset, amount): Row| {
        Ok(SpentBeforeReport {
            bill_id: id.typed(),
            kind: named(&kind)?,
            store_id: store.typed(),
            till,
            receipt,
            occurred_at: Instant(at),
            asset: Asset(asset),
            amount: -amount,
        })
    };
    rows.into_iter().map(view).collect()
}
