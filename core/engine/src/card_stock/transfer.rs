//! Parcels of blanks between places: sent by one person, received by another, who names what is missing or spoilt.

use super::moves::Step;
use super::row::{self, BlankRow};
use super::{BlankRange, CardTransfer};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::store::schema::{card_moves, card_transfers};
use crate::store::writer::blanks::{place, store_at};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Lane, Name, Tx};
use crate::{Engine, each};
use cardea_domain::card_stock::{BlankState, BlankStep, MOST_BLANKS};
use cardea_domain::id::*;
use cardea_domain::{Code, Refusal, named};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Ranges of one parcel.
const LINES: usize = 200;

/// Blanks to be sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCardTransfer {
    /// Where they are; absent: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub from_store_id: Option<StoreId>,
    /// Where they go; absent: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub to_store_id: Option<StoreId>,
    #[schema(min_items = 1, max_items = 200)]
    pub lines: Vec<TransferLine>,
    /// E.g. the number of the parcel.
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// Some blanks of a batch: those from `first` to `last`, or the first `count` of them that are in stock.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferLine {
    #[schema(value_type = Uuid)]
    pub batch_id: CardBatchId,
    pub first: Option<i32>,
    pub last: Option<i32>,
    pub count: Option<i32>,
}

named! {
/// What is wrong with blanks of a parcel.
#[derive(PartialOrd, Ord)]
pub enum TransferDifferenceState {
    /// They aren't in it.
    Lost = "lost",
    Damaged = "damaged",
}
}

/// Blanks that didn't arrive as they were sent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferDifference {
    #[schema(value_type = Uuid)]
    pub batch_id: CardBatchId,
    /// Serial numbers, both ends included.
    pub first: i32,
    pub last: i32,
    pub state: TransferDifferenceState,
}

/// What the receiver says of a parcel. Whatever isn't named is there.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferReceipt {
    #[serde(default)]
    #[schema(max_items = 200)]
    pub differences: Vec<TransferDifference>,
    /// Needed where something differs.
    #[schema(max_length = 200)]
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = card_transfers, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct TransferRow {
    pub chain_id: Id,
    pub id: Id,
    pub from_place: Id,
    pub to_place: Id,
    pub quantity: i32,
    pub lost: i32,
    pub damaged: i32,
    pub note: Option<String>,
    pub sent_by: Option<Id>,
    pub sent_at: i64,
    pub received_by: Option<Id>,
    pub received_at: Option<i64>,
    pub reason: Option<String>,
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<TransferRow>> {
    let row = card_transfers::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(TransferRow::as_select()).get_result(c).optional()?))
}

/// What parcels hold and what differed, by parcel.
pub(super) fn ranges(
    conn: &mut Conn,
    chain: ChainId,
    transfers: &[Id],
) -> Result<HashMap<Id, Vec<(BlankStep, BlankRange)>>> {
    type Row = (Option<Id>, Id, i32, i32, Name<BlankStep>);
    let own = card_moves::chain_id
        .eq(Id::from(chain))
        .and(card_moves::transfer_id.eq_any(transfers).assume_not_null());
    let rows: Vec<Row> = each!(conn, c => card_moves::table
        .select((
            card_moves::transfer_id,
            card_moves::batch_id,
            card_moves::first_serial,
            card_moves::last_serial,
            card_moves::step,
        ))
        .filter(own)
        .order(card_moves::id)
        .load(c)?);
    let mut found: HashMap<Id, Vec<(BlankStep, BlankRange)>> = HashMap::new();
    for (transfer, batch, first, last, step) in rows {
        let batch_id = batch.typed();
        let range = BlankRange { batch_id, first, last };
        if let Some(transfer) = transfer {
            found.entry(transfer).or_default().push((step.0, range));
        }
    }
    Ok(found)
}

fn text(value: Option<&String>, pointer: &str) -> Result<Option<String>, Refusal> {
    let value = value.filter(|text| !text.trim().is_empty());
    value.map(|text| input::text(text, 200, pointer)).transpose()
}

/// The blanks of a line, as they are now at the sender's.
fn chosen(conn: &mut Conn, (chain, from): (ChainId, Id), line: &TransferLine, at: &str) -> Result<Vec<BlankRow>> {
    let blanks = match (line.first, line.last, line.count) {
        (Some(first), Some(last), None) => {
            let batch_id = line.batch_id;
            let range = BlankRange { batch_id, first, last };
            row::in_range(conn, chain, &range, at)?
        }
        (None, None, Some(count @ 1..=MOST_BLANKS)) => {
            let found = row::in_stock(conn, (chain, from), line.batch_id.into(), count.into())?;
            if found.len() < count as usize {
                let (zh, en) = (
                    format!("该处此批次在库只有 {} 张", found.len()),
                    format!("Only {} of the batch are in stock there", found.len()),
                );
                let short = Refusal::new(Code::CardStock, zh, en).at(at);
                return Err(short.with(|facts| facts.available = Some(found.len() as i64)).into());
            }
            found
        }
        _ => {
            let (zh, en) = (
                "请给出 first 和 last（起止序号），或 count（张数，1–20000）",
                "Give first and last (serial numbers) or count (how many, 1–20000)",
            );
            return Err(field(at, zh, en).into());
        }
    };
    elsewhere(&blanks, from, at)?;
    Ok(blanks)
}

/// # Errors
/// `card_stock` where one of the blanks counts at another place.
pub(super) fn elsewhere(blanks: &[BlankRow], place: Id, at: &str) -> Result<(), Refusal> {
    let Some(blank) = blanks.iter().find(|blank| blank.place_id != place) else {
        return Ok(());
    };
    let (zh, en) = (
        format!("序号 {} 的空白卡不在此处库存；请核对所在门店", blank.serial),
        format!(
            "Blank card {} of the batch isn't in this place's stock; check where it is",
            blank.serial
        ),
    );
    let refusal = Refusal::new(Code::CardStock, zh, en).at(at);
    Err(refusal.with(|facts| {
        facts.blank_state = Some(blank.state.0);
        facts.blank_store_id = store_at(ChainId(blank.chain_id.0), blank.place_id);
    }))
}

fn send(tx: &mut Tx<'_>, new: &NewCardTransfer, note: Option<String>) -> Result<Answer> {
    let chain = tx.chain();
    row::check_store(tx.conn(), chain, new.from_store_id, "/from_store_id")?;
    row::check_store(tx.conn(), chain, new.to_store_id, "/to_store_id")?;
    let (from, to) = (place(chain, new.from_store_id), place(chain, new.to_store_id));
    let id: Id = tx.new_id::<CardTransferId>().into();
    let mut sent = 0;
    let step = Step {
        step: BlankStep::Sent,
        to: Some(to),
        reason: None,
        transfer: Some(id),
        count: None,
    };
    for (n, line) in new.lines.iter().enumerate() {
        let blanks = chosen(tx.conn(), (chain, from), line, &format!("/lines/{n}"))?;
        // Line by line: one that names blanks of an earlier one finds them gone.
        step.apply(tx, &blanks)?;
        sent += blanks.len();
    }
    if sent > MOST_BLANKS as usize {
        let (zh, en) = ("一次最多调拨 20000 张", "At most 20000 cards in one parcel");
        return Err(field("/lines", zh, en).into());
    }
    let row = TransferRow {
        chain_id: chain.into(),
        id,
        from_place: from,
        to_place: to,
        quantity: sent as i32,
        lost: 0,
        damaged: 0,
        note,
        sent_by: tx.actor().staff.map(Id::from),
        sent_at: tx.business_now().0,
        received_by: None,
        received_at: None,
        reason: None,
    };
    each!(tx.conn(), c => diesel::insert_into(card_transfers::table).values(&row).execute(c)?);
    let told = json!({
        "transfer_id": id.0, "from_store_id": new.from_store_id, "to_store_id": new.to_store_id, "quantity": sent,
    });
    tx.audit("card_transfer.send", id.0, told.clone());
    tx.publish("card_transfer.sent", told);
    Answer::created(&Stored::of(id))
}

/// A parcel that is on its way, for somebody who may receive it and hasn't sent it.
fn arriving(tx: &mut Tx<'_>, id: CardTransferId) -> Result<TransferRow> {
    let chain = tx.chain();
    let row = find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    tx.actor()
        .require(Action::CardStockMove, store_at(chain, row.to_place))?;
    if row.received_at.is_some() {
        let (zh, en) = ("此次调拨已收货", "The parcel was received already");
        return Err(Refusal::new(Code::DecidedAlready, zh, en).into());
    }
    let me = tx.actor().staff.map(Id::from);
    if me.is_some() && row.sent_by == me {
        let (zh, en) = (
            "发出的人不能自己确认收货；请由收货方另一人确认",
            "Who sent a parcel can't confirm that it arrived: somebody else at its destination has to",
        );
        return Err(Refusal::new(Code::SecondPersonNeeded, zh, en).into());
    }
    Ok(row)
}

/// The blanks of a parcel by batch and serial number, each with its difference.
type Parcel = BTreeMap<(Id, i32), (BlankRow, Option<TransferDifferenceState>)>;

fn opened(conn: &mut Conn, chain: ChainId, id: Id, receipt: &TransferReceipt) -> Result<Parcel> {
    let mut parcel = Parcel::new();
    let sent = ranges(conn, chain, &[id])?.remove(&id).unwrap_or_default();
    for (_, range) in sent.iter().filter(|(step, _)| *step == BlankStep::Sent) {
        let blanks = row::in_range(conn, chain, range, "/differences")?;
        // What was registered meanwhile doesn't arrive.
        let travelling = blanks
            .into_iter()
            .filter(|blank| blank.state.0 == BlankState::InTransit);
        parcel.extend(travelling.map(|blank| ((blank.batch_id, blank.serial), (blank, None))));
    }
    for (n, difference) in receipt.differences.iter().enumerate() {
        let TransferDifference {
            batch_id, first, last, ..
        } = *difference;
        for serial in first..=last {
            match parcel.get_mut(&(batch_id.into(), serial)) {
                Some((_, none @ None)) => *none = Some(difference.state),
                _ => {
                    let (zh, en) = (
                        format!("序号 {serial} 不在此次调拨的在途卡中，或重复列出"),
                        format!("Blank card {serial} isn't on its way in this parcel, or is named twice"),
                    );
                    return Err(field(&format!("/differences/{n}"), &zh, &en).into());
                }
            }
        }
    }
    Ok(parcel)
}

fn receive(tx: &mut Tx<'_>, id: CardTransferId, receipt: &TransferReceipt, reason: Option<&str>) -> Result<Answer> {
    let chain = tx.chain();
    let mut row = arriving(tx, id)?;
    let parcel = opened(tx.conn(), chain, row.id, receipt)?;
    let part = |wanted: Option<TransferDifferenceState>| -> Vec<BlankRow> {
        let those = parcel.values().filter(|(_, state)| *state == wanted);
        those.map(|(blank, _)| blank.clone()).collect()
    };
    let arrived = part(None);
    let lost = part(Some(TransferDifferenceState::Lost));
    let damaged = part(Some(TransferDifferenceState::Damaged));
    for (step, blanks, reason) in [
        (BlankStep::Received, &arrived, None),
        (BlankStep::Lost, &lost, reason),
        (BlankStep::Damaged, &damaged, reason),
    ] {
        let step = Step {
            step,
            to: Some(row.to_place),
            reason,
            transfer: Some(row.id),
            count: None,
        };
        step.apply(tx, blanks)?;
    }
    row.lost = lost.len() as i32;
    row.damaged = damaged.len() as i32;
    row.received_by = tx.actor().staff.map(Id::from);
    row.received_at = Some(tx.business_now().0);
    row.reason = reason.map(Into::into);
    let found = card_transfers::table.find((row.chain_id, row.id));
    each!(tx.conn(), c => diesel::update(found).set(&row).execute(c)?);
    let told = json!({
        "transfer_id": id, "from_store_id": store_at(chain, row.from_place), "to_store_id": store_at(chain, row.to_place),
        "quantity": row.quantity, "lost": row.lost, "damaged": row.damaged,
    });
    tx.audit("card_transfer.receive", row.id.0, told.clone());
    tx.publish("card_transfer.received", told);
    Answer::ok(&Stored::of(row.id))
}

impl Engine {
    /// Sends blanks to another place.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`; `card_stock` for blanks that aren't in stock there.
    pub async fn send_cards(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewCardTransfer,
    ) -> Result<Written<CardTransfer>, Refusal> {
        actor.require(Action::CardStockMove, new.from_store_id)?;
        if new.from_store_id == new.to_store_id {
            let (zh, en) = (
                "调出和调入不能是同一处",
                "The blanks are there already: choose another place",
            );
            return Err(field("/to_store_id", zh, en));
        }
        if !(1..=LINES).contains(&new.lines.len()) {
            return Err(field("/lines", "须有 1–200 行", "1–200 lines"));
        }
        let note = text(new.note.as_ref(), "/note")?;
        let work = move |tx: &mut Tx<'_>| send(tx, &new, note.clone());
        let sent = self
            .transact_in(Lane::Bulk, actor, key, "card_transfer.send", work)
            .await?;
        Written::read(sent, |id| self.card_transfer_view(actor.chain, id.into()))
    }

    /// Receives a parcel: what isn't named as a difference is in stock from now on.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`; `second_person_needed` for who sent it; `decided_already`.
    pub async fn receive_cards(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CardTransferId,
        receipt: TransferReceipt,
    ) -> Result<Written<CardTransfer>, Refusal> {
        actor.scope(Action::CardStockMove)?;
        let reason = text(receipt.reason.as_ref(), "/reason")?;
        if !receipt.differences.is_empty() && reason.is_none() {
            return Err(field("/reason", "有差异时请说明原因", "Say why something differs"));
        }
        let sound = |range: &TransferDifference| (1..=range.last).contains(&range.first) && range.last <= MOST_BLANKS;
        let wrong = receipt.differences.iter().position(|difference| !sound(difference));
        if let Some(n) = wrong.or((receipt.differences.len() > LINES).then_some(LINES)) {
            let (zh, en) = (
                "起止序号有误，或超过 200 行",
                "Wrong serial numbers, or more than 200 lines",
            );
            return Err(field(&format!("/differences/{n}"), zh, en));
        }
        let work = move |tx: &mut Tx<'_>| receive(tx, id, &receipt, reason.as_deref());
        let received = self
            .transact_in(Lane::Bulk, actor, key, "card_transfer.receive", work)
            .await?;
        Written::read(received, |id| self.card_transfer_view(actor.chain, id.into()))
    }
}
