//! Bills as they were booked: sales, returns and redemptions.

use super::{CustomerShown, named, not_a_cursor};
use crate::actor::Actor;
use crate::command::SaleView;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::store::schema::bills;
use crate::store::writer::answers;
use crate::store::writer::parts::{self, Parts};
use crate::store::{Conn, Id};
use crate::{Engine, Page, PageArgs, each};
use cardea_domain::id::{BillId, ChainId, CustomerId, MembershipId, StaffId, StoreId};
use cardea_domain::identifier::identifier;
use cardea_domain::sale::{BillKind, EntryView, Judgement, Tender, TenderKind};
use cardea_domain::{Day, Instant, Minor, Points, Ppm, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// A bill as it was booked, with how far it has been returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BillView {
    pub id: BillId,
    pub kind: BillKind,
    pub store_id: StoreId,
    pub source: String,
    pub till: String,
    pub receipt: String,
    pub business_date: Day,
    pub occurred_at: Instant,
    /// Who booked it; none for what runs by itself.
    pub staff_id: Option<StaffId>,
    pub customer_id: Option<CustomerId>,
    pub membership_id: Option<MembershipId>,
    /// For a return: the sale it takes from.
    pub original_id: Option<BillId>,
    pub total: Minor,
    pub rounding: Minor,
    pub paid: Minor,
    pub judged: Judgement,
    pub points_earned: Points,
    pub points_spent: Points,
    pub reason: Option<String>,
    pub lines: Vec<BillLineView>,
    pub tenders: Vec<BillTenderView>,
    /// Returns of this sale, oldest first.
    pub returns: Vec<BillId>,
    /// What was answered when it was booked: JSON.
    pub answer: serde_json::Value,
}

/// A line as booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SaleLineShown)]
pub struct BillLineView {
    /// From 1.
    pub line: i32,
    pub sku: String,
    pub category: String,
    /// Thousandths.
    pub quantity: i64,
    #[schema(value_type = i64)]
    pub amount: Minor,
    #[schema(value_type = i64)]
    pub list_amount: Minor,
    #[schema(value_type = i64)]
    pub discount: Minor,
    /// Thousandths returned so far.
    pub returned_quantity: i64,
    /// Points before rounding, parts per million of a point.
    #[schema(value_type = i64)]
    pub points_ppm: Ppm,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BillTenderView {
    pub kind: TenderKind,
    pub amount: Minor,
    /// Points, for kind `points`.
    pub points: Points,
    /// Money given back so far.
    pub returned: Minor,
}

// `C` is what is told of the customer.
/// A bill as booked, with the answer it got.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Sale)]
pub struct BookedSale<C> {
    #[serde(flatten)]
    #[schema(value_type = SaleShown)]
    pub answer: SaleView<Vec<EntryView>, C>,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub source: String,
    pub till: String,
    pub receipt: String,
    /// Day of the sale in the store's zone.
    #[schema(value_type = String, format = Date)]
    pub business_date: Day,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// Who booked it; null for what runs by itself.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = i64)]
    pub rounding: Minor,
    pub lines: Vec<BillLineView>,
    pub tenders: Vec<Tender>,
    /// Returns from this bill.
    #[schema(value_type = Vec<Uuid>)]
    pub returns: Vec<BillId>,
    /// Why it was entered so late.
    pub reason: Option<String>,
}

/// What a sale brings, as the interface shows it.
pub type SaleShown = SaleView<Vec<EntryView>, CustomerShown>;

/// Finds a bill by what is printed on its receipt.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SaleQuery {
    #[param(value_type = Uuid)]
    pub store_id: StoreId,
    pub till: Option<String>,
    pub receipt: Option<String>,
    #[param(value_type = Option<String>, format = Date)]
    pub business_date: Option<Day>,
    /// Who booked it.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl BillView {
    /// The bill of a sale, with the answer it got; a sale that was judged later tells what it has earned since.
    ///
    /// # Errors
    /// `not_found` for a bill of another kind; `internal` for an answer that isn't one.
    pub fn sale(self) -> Result<BookedSale<CustomerId>, Refusal> {
        if self.kind != BillKind::Sale {
            return Err(not_found());
        }
        let mut document = self.answer;
        // That of a pass holds its sale's.
        if let Some(sale) = document.get_mut("sale") {
            document = sale.take();
        }
        let mut answer: SaleView<_, _> = serde_json::from_value(document).map_err(Error::from)?;
        if answer.judged == Judgement::Unjudged {
            answer.points_earned = self.points_earned;
            if self.judged == Judgement::Judged {
                answer.judged = Judgement::Judged;
            }
        }
        let tender = |BillTenderView { kind, amount, .. }| Tender { kind, amount };
        Ok(BookedSale {
            answer,
            store_id: self.store_id,
            source: self.source,
            till: self.till,
            receipt: self.receipt,
            business_date: self.business_date,
            occurred_at: self.occurred_at,
            staff_id: self.staff_id,
            rounding: self.rounding,
            lines: self.lines,
            tenders: self.tenders.into_iter().map(tender).collect(),
            returns: self.returns,
            reason: self.reason,
        })
    }
}

impl<C> BookedSale<C> {
    /// The same sale with something else told of the customer.
    pub fn told<T>(self, customer: impl FnOnce(C) -> T) -> BookedSale<T> {
        BookedSale {
            answer: self.answer.told(customer),
            store_id: self.store_id,
            source: self.source,
            till: self.till,
            receipt: self.receipt,
            business_date: self.business_date,
            occurred_at: self.occurred_at,
            staff_id: self.staff_id,
            rounding: self.rounding,
            lines: self.lines,
            tenders: self.tenders,
            returns: self.returns,
            reason: self.reason,
        }
    }
}

/// Finds sales by what is printed on the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillFilter {
    pub store: StoreId,
    pub till: Option<String>,
    pub receipt: Option<String>,
    pub business_date: Option<Day>,
    /// Who booked it.
    pub staff: Option<StaffId>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = bills)]
struct Row {
    id: Id,
    kind: String,
    store_id: Id,
    source: String,
    till: String,
    receipt: String,
    business_date: i32,
    occurred_at: i64,
    staff_id: Option<Id>,
    customer_id: Option<Id>,
    membership_id: Option<Id>,
    original_id: Option<Id>,
    total: i64,
    rounding: i64,
    paid: i64,
    judgement: String,
    earned: i64,
    spent: i64,
    parts: String,
    reason: Option<String>,
    answer: String,
}

impl Engine {
    /// One bill: a sale, a return or a redemption.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn bill(&self, actor: &Actor, id: BillId) -> Result<BillView, Refusal> {
        actor.scope(Action::SaleRead)?;
        let row: Option<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => bills::table
                .find((Id::from(actor.chain), Id::from(id)))
                .select(Row::as_select())
                .get_result(c)
                .optional()?))
        })?;
        let row = row.ok_or_else(not_found)?;
        actor.require(Action::SaleRead, Some(row.store_id.typed()))?;
        let mut views = self.read(actor.chain, |conn| views(conn, actor.chain, vec![row]))?;
        views.pop().ok_or_else(not_found)
    }

    /// Sales of a store, newest day first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn sales(&self, actor: &Actor, filter: &BillFilter, page: &PageArgs) -> Result<Page<BillView>, Refusal> {
        actor.require(Action::SaleRead, Some(filter.store))?;
        let limit = page.limit()?;
        let after = page
            .after
            .as_deref()
            .map(|text| cursor(text).ok_or_else(not_a_cursor))
            .transpose()?;
        let page = self.read(actor.chain, |conn| {
            let rows = find(conn, actor.chain, filter, after, limit + 1)?;
            let page = Page::cut(rows, limit, |row: &Row| {
                format!("{}.{}", row.business_date, row.id.text())
            });
            let (items, next) = (views(conn, actor.chain, page.items)?, page.next);
            Ok(Page { items, next })
        })?;
        Ok(page)
    }
}

/// Day and id of the last sale of the page before.
fn cursor(text: &str) -> Option<(i32, Id)> {
    let (day, id) = text.split_once('.')?;
    Some((day.parse().ok()?, Id(id.parse().ok()?)))
}

fn find(
    conn: &mut Conn,
    chain: ChainId,
    filter: &BillFilter,
    after: Option<(i32, Id)>,
    limit: usize,
) -> Result<Vec<Row>> {
    let store = Id::from(filter.store);
    Ok(each!(conn, c => {
        let mut query = bills::table
            .select(Row::as_select())
            .filter(bills::chain_id.eq(Id::from(chain)).and(bills::store_id.eq(store)).and(bills::kind.eq("sale")))
            .order((bills::business_date.desc(), bills::id.desc()))
            .limit(limit as i64)
            .into_boxed();
        if let Some(day) = filter.business_date {
            query = query.filter(bills::business_date.eq(day.0));
        }
        if let Some(till) = &filter.till {
            query = query.filter(bills::till.eq(identifier(till)));
        }
        if let Some(receipt) = &filter.receipt {
            query = query.filter(bills::receipt.eq(identifier(receipt)));
        }
        if let Some(staff) = filter.staff {
            query = query.filter(bills::staff_id.eq(Id::from(staff)));
        }
        if let Some((day, id)) = after {
            // The first condition alone lets the index begin at the right day.
            query = query
                .filter(bills::business_date.le(day))
                .filter(bills::business_date.lt(day).or(bills::id.lt(id)));
        }
        query.load(c)?
    }))
}

/// Bills with their returns, in the same order.
fn views(conn: &mut Conn, chain: ChainId, rows: Vec<Row>) -> Result<Vec<BillView>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let returns: Vec<(Option<Id>, Id)> = each!(conn, c => bills::table
        .select((bills::original_id, bills::id))
        .filter(bills::chain_id.eq(Id::from(chain)).and(bills::original_id.eq_any(&ids)))
        .order(bills::id)
        .load(c)?);
    let mut returns_of: HashMap<Id, Vec<BillId>> = HashMap::new();
    for (sale, id) in returns {
        returns_of.entry(sale.unwrap_or(id)).or_default().push(id.typed());
    }
    let mut view = |mut row: Row| {
        let kept = std::mem::take(&mut row.answer);
        let answer = answers::whole(conn, chain, (row.id.typed(), row.membership_id), &kept)?;
        let returns = returns_of.remove(&row.id).unwrap_or_default();
        view(row, returns, serde_json::from_str(&answer)?)
    };
    rows.into_iter().map(&mut view).collect()
}

fn view(row: Row, returns: Vec<BillId>, answer: serde_json::Value) -> Result<BillView> {
    let tender = |tender: parts::Tender| {
        Ok(BillTenderView {
            kind: named(&tender.kind)?,
            amount: tender.amount,
            points: tender.points,
            returned: tender.returned,
        })
    };
    let parts = Parts::parse(&row.parts)?;
    Ok(BillView {
        id: row.id.typed(),
        kind: named(&row.kind)?,
        store_id: row.store_id.typed(),
        source: row.source,
        till: row.till,
        receipt: row.receipt,
        business_date: Day(row.business_date),
        occurred_at: Instant(row.occurred_at),
        staff_id: row.staff_id.map(Id::typed),
        customer_id: row.customer_id.map(Id::typed),
        membership_id: row.membership_id.map(Id::typed),
        original_id: row.original_id.map(Id::typed),
        total: row.total,
        rounding: row.rounding,
        paid: row.paid,
        judged: named(&row.judgement)?,
        points_earned: row.earned,
        points_spent: row.spent,
        reason: row.reason,
        lines: parts.lines.into_iter().map(line).collect(),
        tenders: parts.tenders.into_iter().map(tender).collect::<Result<_>>()?,
        returns,
        answer,
    })
}

fn line(line: parts::Line) -> BillLineView {
    BillLineView {
        line: line.number,
        sku: line.sku,
        category: line.category,
        quantity: line.quantity,
        amount: line.amount,
        list_amount: line.list_amount,
        discount: line.discount,
        returned_quantity: line.returned,
        points_ppm: line.contribution,
    }
}
