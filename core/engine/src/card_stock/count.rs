//! Counts of blanks (定期清查): what should be there is frozen, numbers are scanned, and the differences are signed by somebody
//! who hasn't counted. Only then do the missing count as lost.

use super::count_read::{self, CardCount};
use super::moves::Step;
use super::row::{self, BlankRow, SOME};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::store::schema::{card_blanks, card_count_items, card_counts};
use crate::store::writer::blanks::{place, store_at};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Lane, Name, Tx};
use crate::{Engine, each};
use cardea_domain::card_stock::{BlankState, BlankStep, CountOutcome, Counted, uncounted};
use cardea_domain::id::*;
use cardea_domain::identifier::grouped_number;
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{HashMap, HashSet};
use utoipa::ToSchema;

/// Blanks that one count freezes.
const LARGEST: i64 = 50_000;
/// Characters of what somebody scans.
const LONGEST: usize = 40;

/// Whose blanks are counted.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCardCount {
    /// Absent: HQ's.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// Only those of this batch.
    #[schema(value_type = Option<Uuid>)]
    pub batch_id: Option<CardBatchId>,
}

/// A number that lies before somebody, scanned or typed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountedNumber {
    #[schema(min_length = 1, max_length = 40, example = "90000000000001")]
    pub number: String,
}

/// What a number came to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CountedAnswer {
    /// As it is kept: without blanks and hyphens, half width.
    pub number: String,
    pub outcome: CountOutcome,
    /// It was counted before; the first time counts.
    pub double: bool,
}

/// Nothing needs to be said of the end.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardCountClosing {}

/// The word of who signs.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardCountSigning {
    #[schema(max_length = 500, example = "已核对，遗失 2 张按制度处理")]
    pub remark: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = card_counts, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct CountRow {
    pub chain_id: Id,
    pub id: Id,
    pub place_id: Id,
    pub batch_id: Option<Id>,
    pub begun_by: Option<Id>,
    pub begun_at: i64,
    pub closed_by: Option<Id>,
    pub closed_at: Option<i64>,
    pub signed_by: Option<Id>,
    pub signed_at: Option<i64>,
    pub remark: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = card_count_items)]
pub(super) struct CountItemRow {
    pub chain_id: Id,
    pub count_id: Id,
    pub number: String,
    pub position: i32,
    pub batch_id: Option<Id>,
    pub serial: Option<i32>,
    pub expected: bool,
    pub outcome: Option<Name<CountOutcome>>,
    pub staff_id: Option<Id>,
    pub at: Option<i64>,
}

fn save(conn: &mut Conn, count: &CountRow) -> Result<()> {
    let found = card_counts::table.find((count.chain_id, count.id));
    each!(conn, c => diesel::update(found).set(count).execute(c)?);
    Ok(())
}

fn insert(conn: &mut Conn, items: &[CountItemRow]) -> Result<()> {
    for items in items.chunks(SOME) {
        each!(conn, c => diesel::insert_into(card_count_items::table).values(items).execute(c)?);
    }
    Ok(())
}

/// The blanks that are in stock where it is counted.
fn here(conn: &mut Conn, count: &CountRow) -> Result<Vec<BlankRow>> {
    let own = card_blanks::chain_id
        .eq(count.chain_id)
        .and(card_blanks::place_id.eq(count.place_id))
        .and(card_blanks::state.eq(Name(BlankState::InStock)));
    Ok(each!(conn, c => {
        let mut found = card_blanks::table.select(BlankRow::as_select()).filter(own).into_boxed();
        if let Some(batch) = count.batch_id {
            found = found.filter(card_blanks::batch_id.eq(batch));
        }
        found.order((card_blanks::batch_id, card_blanks::serial)).limit(LARGEST + 1).load(c)?
    }))
}

fn begin(tx: &mut Tx<'_>, new: &NewCardCount) -> Result<Answer> {
    let chain = tx.chain();
    row::check_store(tx.conn(), chain, new.store_id, "/store_id")?;
    if let Some(batch) = new.batch_id
        && row::batch(tx.conn(), chain, batch.into())?.is_none()
    {
        return Err(field("/batch_id", "没有这个批次", "There is no such batch").into());
    }
    let count = CountRow {
        chain_id: chain.into(),
        id: tx.new_id::<CardCountId>().into(),
        place_id: place(chain, new.store_id),
        batch_id: new.batch_id.map(Id::from),
        begun_by: tx.actor().staff.map(Id::from),
        begun_at: tx.business_now().0,
        closed_by: None,
        closed_at: None,
        signed_by: None,
        signed_at: None,
        remark: None,
    };
    let here = here(tx.conn(), &count)?;
    if here.len() as i64 > LARGEST {
        let (zh, en) = (
            "此处空白卡超过 50000 张，请按批次分别清查",
            "More than 50000 blank cards are there: count them batch by batch",
        );
        return Err(field("/batch_id", zh, en).into());
    }
    each!(tx.conn(), c => diesel::insert_into(card_counts::table).values(&count).execute(c)?);
    let item = |(position, blank): (i32, BlankRow)| CountItemRow {
        chain_id: count.chain_id,
        count_id: count.id,
        number: blank.number,
        position,
        batch_id: Some(blank.batch_id),
        serial: Some(blank.serial),
        expected: true,
        outcome: None,
        staff_id: None,
        at: None,
    };
    let items: Vec<CountItemRow> = (1..).zip(here).map(item).collect();
    insert(tx.conn(), &items)?;
    let detail = json!({ "store_id": new.store_id, "batch_id": new.batch_id, "expected": items.len() });
    tx.audit("card_count.begin", count.id.0, detail);
    Answer::created(&Stored::of(count.id))
}

/// A count that is still open, for somebody who may count there.
fn open(tx: &mut Tx<'_>, id: CardCountId) -> Result<CountRow> {
    let chain = tx.chain();
    let count = count_read::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    tx.actor()
        .require(Action::CardStockCount, store_at(chain, count.place_id))?;
    if count.closed_at.is_some() {
        let (zh, en) = (
            "清查已结束，不能再更改；请开始新的清查",
            "The count is closed and can't change any more: begin a new one",
        );
        return Err(Refusal::new(Code::DecidedAlready, zh, en).into());
    }
    Ok(count)
}

/// Counts a number: what was counted before stays as it is.
fn tick(tx: &mut Tx<'_>, count: &CountRow, number: String) -> Result<CountedAnswer> {
    let chain = tx.chain();
    let found = card_count_items::table.find((count.chain_id, count.id, number.as_str()));
    let item: Option<CountItemRow> =
        each!(tx.conn(), c => found.select(CountItemRow::as_select()).get_result(c).optional()?);
    if let Some(outcome) = item.as_ref().and_then(|item| item.outcome) {
        return Ok(CountedAnswer {
            number,
            outcome: outcome.0,
            double: true,
        });
    }
    let blank = row::by_number(tx.conn(), chain, std::slice::from_ref(&number))?.pop();
    let outcome = Counted {
        state: blank.as_ref().map(|blank| blank.state.0),
        here: blank.as_ref().is_some_and(|blank| blank.place_id == count.place_id),
        expected: item.is_some(),
    }
    .outcome();
    let (by, at) = (tx.actor().staff.map(Id::from), tx.business_now().0);
    if item.is_some() {
        settle(tx.conn(), count, std::slice::from_ref(&number), (outcome, by, at))?;
    } else {
        let counted = CountItemRow {
            chain_id: count.chain_id,
            count_id: count.id,
            number: number.clone(),
            position: last(tx.conn(), count)? + 1,
            batch_id: blank.as_ref().map(|blank| blank.batch_id),
            serial: blank.map(|blank| blank.serial),
            expected: false,
            outcome: Some(Name(outcome)),
            staff_id: by,
            at: Some(at),
        };
        insert(tx.conn(), &[counted])?;
    }
    Ok(CountedAnswer {
        number,
        outcome,
        double: false,
    })
}

/// The position of a count's last number.
fn last(conn: &mut Conn, count: &CountRow) -> Result<i32> {
    let own = card_count_items::chain_id
        .eq(count.chain_id)
        .and(card_count_items::count_id.eq(count.id));
    let last: Option<i32> = each!(conn, c => card_count_items::table
        .select(diesel::dsl::max(card_count_items::position))
        .filter(own)
        .get_result(c)?);
    Ok(last.unwrap_or(0))
}

/// Says of some numbers what they came to.
fn settle(
    conn: &mut Conn,
    count: &CountRow,
    numbers: &[String],
    (outcome, by, at): (CountOutcome, Option<Id>, i64),
) -> Result<()> {
    for numbers in numbers.chunks(SOME) {
        let own = card_count_items::chain_id
            .eq(count.chain_id)
            .and(card_count_items::count_id.eq(count.id))
            .and(card_count_items::number.eq_any(numbers));
        let set = (
            card_count_items::outcome.eq(Some(Name(outcome))),
            card_count_items::staff_id.eq(by),
            card_count_items::at.eq(Some(at)),
        );
        each!(conn, c => diesel::update(card_count_items::table.filter(own)).set(set).execute(c)?);
    }
    Ok(())
}

/// What nobody has counted is missing, unless it left meanwhile.
fn close(tx: &mut Tx<'_>, count: &CountRow) -> Result<()> {
    let open: Vec<String> = {
        let own = card_count_items::chain_id
            .eq(count.chain_id)
            .and(card_count_items::count_id.eq(count.id))
            .and(card_count_items::outcome.is_null());
        each!(tx.conn(), c => card_count_items::table.select(card_count_items::number).filter(own).load(c)?)
    };
    let (by, at) = (tx.actor().staff.map(Id::from), tx.business_now().0);
    let mut outcomes: HashMap<CountOutcome, Vec<String>> = HashMap::new();
    let chain = tx.chain();
    for blank in row::by_number(tx.conn(), chain, &open)? {
        let outcome = uncounted(blank.state.0, blank.place_id == count.place_id);
        outcomes.entry(outcome).or_default().push(blank.number);
    }
    for (outcome, numbers) in outcomes {
        settle(tx.conn(), count, &numbers, (outcome, by, at))?;
    }
    Ok(())
}

/// Who has had a hand in a count.
fn counters(conn: &mut Conn, count: &CountRow) -> Result<HashSet<Id>> {
    let own = card_count_items::chain_id
        .eq(count.chain_id)
        .and(card_count_items::count_id.eq(count.id));
    let found: Vec<Option<Id>> = each!(conn, c => card_count_items::table
        .select(card_count_items::staff_id)
        .filter(own)
        .distinct()
        .load(c)?);
    Ok(found
        .into_iter()
        .chain([count.begun_by, count.closed_by])
        .flatten()
        .collect())
}

/// A closed count that nobody has signed, for somebody who hasn't counted.
fn unsigned(tx: &mut Tx<'_>, id: CardCountId) -> Result<CountRow> {
    let chain = tx.chain();
    let count = count_read::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    tx.actor()
        .require(Action::CardStockSign, store_at(chain, count.place_id))?;
    if count.closed_at.is_none() {
        let (zh, en) = (
            "清查尚未结束，请先结束清点",
            "The count isn't closed yet: close it first",
        );
        return Err(Refusal::new(Code::CardStock, zh, en).into());
    }
    if count.signed_at.is_some() {
        return Err(Refusal::new(Code::DecidedAlready, "清查结果已签认", "The count is signed already").into());
    }
    let me = tx.actor().staff.map(Id::from);
    if let Some(me) = me
        && counters(tx.conn(), &count)?.contains(&me)
    {
        let (zh, en) = (
            "参与清点的人不能签认结果，请由另一人签认",
            "Who has counted can't sign the result: somebody else has to",
        );
        return Err(Refusal::new(Code::SecondPersonNeeded, zh, en).into());
    }
    Ok(count)
}

/// Numbers of a count that came to `outcome`, as blanks in `state` now.
fn concerned(conn: &mut Conn, count: &CountRow, (outcome, state): (CountOutcome, BlankState)) -> Result<Vec<BlankRow>> {
    let own = card_count_items::chain_id
        .eq(count.chain_id)
        .and(card_count_items::count_id.eq(count.id))
        .and(card_count_items::outcome.eq(Some(Name(outcome))).assume_not_null());
    let numbers: Vec<String> =
        each!(conn, c => card_count_items::table.select(card_count_items::number).filter(own).load(c)?);
    let mut blanks = row::by_number(conn, ChainId(count.chain_id.0), &numbers)?;
    blanks.retain(|blank| blank.state.0 == state);
    Ok(blanks)
}

fn sign(tx: &mut Tx<'_>, id: CardCountId, remark: Option<&str>) -> Result<Answer> {
    let mut count = unsigned(tx, id)?;
    let step = |step, to| Step {
        step,
        to,
        reason: remark,
        transfer: None,
        count: Some(count.id),
    };
    let mut missing = concerned(tx.conn(), &count, (CountOutcome::Missing, BlankState::InStock))?;
    missing.retain(|blank| blank.place_id == count.place_id);
    step(BlankStep::Lost, None).apply(tx, &missing)?;
    let again = concerned(tx.conn(), &count, (CountOutcome::FoundAgain, BlankState::Lost))?;
    step(BlankStep::Found, Some(count.place_id)).apply(tx, &again)?;
    count.signed_by = tx.actor().staff.map(Id::from);
    count.signed_at = Some(tx.business_now().0);
    count.remark = remark.map(Into::into);
    save(tx.conn(), &count)?;
    let store = store_at(tx.chain(), count.place_id);
    let told = json!({ "count_id": id, "store_id": store, "lost": missing.len(), "found": again.len() });
    tx.audit("card_count.sign", count.id.0, told.clone());
    tx.publish("card_count.signed", told);
    Answer::ok(&Stored::of(count.id))
}

impl Engine {
    /// Begins a count: freezes which blanks should be there now.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`.
    pub async fn begin_card_count(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewCardCount,
    ) -> Result<Written<CardCount>, Refusal> {
        actor.require(Action::CardStockCount, new.store_id)?;
        let work = move |tx: &mut Tx<'_>| begin(tx, &new);
        let begun = self
            .transact_in(Lane::Bulk, actor, key, "card_count.begin", work)
            .await?;
        Written::read(begun, |id| self.card_count_view(actor.chain, id.into()))
    }

    /// Counts a number that lies before somebody. One that is counted again changes nothing.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`; `decided_already` once it is closed.
    pub async fn count_card(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CardCountId,
        counted: CountedNumber,
    ) -> Result<Written<CountedAnswer>, Refusal> {
        actor.scope(Action::CardStockCount)?;
        let number = input::text(&grouped_number(&counted.number), LONGEST, "/number")?;
        let work = move |tx: &mut Tx<'_>| {
            let count = open(tx, id)?;
            Answer::ok(&tick(tx, &count, number.clone())?)
        };
        let done = self.transact(actor, key, "card_count.tick", work).await?;
        Ok(Written {
            status: done.status,
            replayed: done.replayed,
            value: serde_json::from_str(&done.json).map_err(Error::from)?,
        })
    }

    /// Closes a count: what nobody has counted is missing. Nothing of it changes after that; what follows from it, follows
    /// when somebody else has signed it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `decided_already` if it is closed.
    pub async fn close_card_count(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CardCountId,
        closing: CardCountClosing,
    ) -> Result<Written<CardCount>, Refusal> {
        actor.scope(Action::CardStockCount)?;
        let CardCountClosing {} = closing;
        let work = move |tx: &mut Tx<'_>| {
            let mut count = open(tx, id)?;
            close(tx, &count)?;
            count.closed_by = tx.actor().staff.map(Id::from);
            count.closed_at = Some(tx.business_now().0);
            save(tx.conn(), &count)?;
            let totals = count_read::totals(tx.conn(), &count)?;
            tx.audit("card_count.close", count.id.0, json!({ "counts": totals }));
            Answer::ok(&Stored::of(count.id))
        };
        let closed = self
            .transact_in(Lane::Bulk, actor, key, "card_count.close", work)
            .await?;
        Written::read(closed, |id| self.card_count_view(actor.chain, id.into()))
    }

    /// Signs the differences of a closed count: the missing count as lost from now on, what was lost and is found is in
    /// stock where it was found.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`; `second_person_needed` for who has counted; `decided_already`;
    /// `card_stock` while it is open.
    pub async fn sign_card_count(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CardCountId,
        signing: CardCountSigning,
    ) -> Result<Written<CardCount>, Refusal> {
        actor.scope(Action::CardStockSign)?;
        let remark = signing.remark.filter(|text| !text.trim().is_empty());
        let remark = remark.map(|text| input::text(&text, 500, "/remark")).transpose()?;
        let work = move |tx: &mut Tx<'_>| sign(tx, id, remark.as_deref());
        let signed = self
            .transact_in(Lane::Bulk, actor, key, "card_count.sign", work)
            .await?;
        Written::read(signed, |id| self.card_count_view(actor.chain, id.into()))
    }
}
