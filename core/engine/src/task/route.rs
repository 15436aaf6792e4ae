//! Routes (路线, D-ARC-3, D-ARC-5): a consultant's customers by region and route order, which are classes of theirs, and
//! reviews of them, monthly or quarterly.

use super::plan::{check_colleague, people};
use super::write::check_staff;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{self, Stored, Written, field, not_found};
use crate::page::{Page, PageArgs};
use crate::settings::{self, Setting};
use crate::store::schema::{customer_classes, customers, route_reviews, staff};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::classes::{Dimension, Stop, place};
use cardea_domain::id::{ChainId, CustomerId, RouteReviewId, StaffId};
use cardea_domain::task::RouteRules;
use cardea_domain::{Code, Day, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;
use uuid::Uuid;

impl Setting for RouteRules {
    const NAME: &'static str = "route_rules";
    const CHANGED: &'static str = "route_rules.update";
    const READ: Action = Action::TaskRead;

    fn check(&self) -> Result<(), Refusal> {
        match self.is_valid() {
            true => Ok(()),
            false => Err(field(
                "/value/review_months",
                "1（每月）或 3（每季度）",
                "1 for every month or 3 for every quarter",
            )),
        }
    }
}

/// A customer on a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RouteStop {
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// 王女士 / Ms Wang.
    pub customer: Text,
    /// Masked.
    #[schema(example = "138****5678")]
    pub phone: Option<String>,
    /// Code of the region; null: none was set.
    #[schema(example = "east")]
    pub region: Option<String>,
    /// Place on the round, 1–9999; null: none was set.
    pub place: Option<i32>,
}

/// A review of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RouteReview {
    #[schema(value_type = Uuid)]
    pub id: RouteReviewId,
    /// Whose route.
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    #[schema(value_type = String, format = Date)]
    pub reviewed_on: Day,
    #[schema(value_type = Option<Uuid>)]
    pub reviewed_by: Option<StaffId>,
    /// Customers on it then.
    pub customers: i64,
    /// Of them, those without a place.
    pub unplaced: i64,
    pub remark: Option<String>,
}

/// A consultant's route as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RouteView {
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    pub name: String,
    pub customers: i64,
    /// Of them, those without a place.
    pub unplaced: i64,
    /// The last one.
    pub review: Option<RouteReview>,
    /// Until when the next one is due; null: there was none yet, it is due.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Day>,
    /// None yet, or that day is past.
    pub overdue: bool,
}

/// A review to note.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRouteReview {
    /// About the route; names of customers belong into their journals.
    #[schema(min_length = 1, max_length = 500)]
    pub remark: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = route_reviews)]
struct Row {
    chain_id: Id,
    id: Id,
    staff_id: Id,
    reviewed_on: i32,
    reviewed_by: Option<Id>,
    customers: i64,
    unplaced: i64,
    remark: Option<String>,
}

impl Row {
    fn view(self) -> RouteReview {
        RouteReview {
            id: self.id.typed(),
            staff_id: self.staff_id.typed(),
            reviewed_on: Day(self.reviewed_on),
            reviewed_by: self.reviewed_by.map(Id::typed),
            customers: self.customers,
            unplaced: self.unplaced,
            remark: self.remark,
        }
    }
}

/// Customers with where they are on their consultants' rounds; who has neither region nor place isn't there.
pub(super) fn stops_of(conn: &mut Conn, chain: ChainId, ids: BTreeSet<Id>) -> Result<HashMap<Id, Stop>> {
    let ids: Vec<Id> = ids.into_iter().collect();
    let mut stops: HashMap<Id, Stop> = HashMap::new();
    for ids in ids.chunks(500) {
        let rows: Vec<(Id, Name<Dimension>, String)> = each!(conn, c => customer_classes::table
            .select((customer_classes::customer_id, customer_classes::dimension, customer_classes::class))
            .filter(customer_classes::chain_id.eq(Id::from(chain)).and(customer_classes::customer_id.eq_any(ids)))
            .filter(customer_classes::dimension.eq_any([Name(Dimension::Region), Name(Dimension::Route)]))
            .load(c)?);
        for (id, dimension, class) in rows {
            let stop = stops.entry(id).or_default();
            match dimension.0 {
                Dimension::Region => stop.region = Some(class),
                _ => stop.place = place(&class),
            }
        }
    }
    Ok(stops)
}

/// A consultant's customers in the stores of a scope, in the order of the route.
fn in_order(conn: &mut Conn, chain: ChainId, scope: &StoreScope, whose: StaffId) -> Result<Vec<(Stop, Id)>> {
    let ids: Vec<Id> = each!(conn, c => {
        let mut found = customers::table
            .select(customers::id)
            .filter(customers::chain_id.eq(Id::from(chain)).and(customers::consultant_id.eq(Id::from(whose))))
            .filter(customers::data_key.is_not_null().and(customers::merged_into.is_null()))
            .into_boxed();
        if let StoreScope::Only(stores) = scope {
            let stores: Vec<Id> = stores.iter().map(|store| (*store).into()).collect();
            found = found.filter(customers::store_id.eq_any(stores));
        }
        found.load(c)?
    });
    let mut stops = stops_of(conn, chain, ids.iter().copied().collect())?;
    let mut all: Vec<(Stop, Id)> = ids
        .into_iter()
        .map(|id| (stops.remove(&id).unwrap_or_default(), id))
        .collect();
    all.sort_by(|one, other| (&one.0, one.1.0).cmp(&(&other.0, other.1.0)));
    Ok(all)
}

fn unplaced(stops: &[(Stop, Id)]) -> i64 {
    stops.iter().filter(|(stop, _)| stop.place.is_none()).count() as i64
}

/// # Errors
/// `not_found` for nobody of the chain, `forbidden` for staff of other stores.
fn check_whose(conn: &mut Conn, actor: &Actor, action: Action, whose: StaffId) -> Result<()> {
    let row = staff::table.find((Id::from(actor.chain), Id::from(whose)));
    let there = each!(conn, c => row.select(staff::id).get_result::<Id>(c).optional()?);
    there.ok_or_else(not_found)?;
    match Some(whose) == actor.staff {
        true => Ok(()),
        false => check_colleague(conn, actor, action, whose),
    }
}

fn last_review(conn: &mut Conn, chain: ChainId, whose: Id) -> Result<Option<Row>> {
    Ok(each!(conn, c => route_reviews::table
        .select(Row::as_select())
        .filter(route_reviews::chain_id.eq(Id::from(chain)).and(route_reviews::staff_id.eq(whose)))
        .order(route_reviews::id.desc())
        .first(c)
        .optional()?))
}

/// Region, place and id of a stop after which a list goes on; regions' codes have no `/`.
fn cursor(stop: &Stop, id: Id) -> String {
    let place = stop.place.map(|place| place.to_string()).unwrap_or_default();
    format!("{}/{place}/{}", stop.region.as_deref().unwrap_or_default(), id.0)
}

fn after(page: &PageArgs) -> Result<Option<(Stop, Uuid)>, Refusal> {
    let Some(text) = page.after.as_deref() else {
        return Ok(None);
    };
    let read = || {
        let mut parts = text.split('/');
        let (region, number, id) = (parts.next()?, parts.next()?, parts.next()?);
        let stop = Stop {
            region: Some(region.to_owned()).filter(|region| !region.is_empty()),
            place: match number {
                "" => None,
                number => Some(place(number)?),
            },
        };
        Some((stop, id.parse().ok()?))
    };
    let wrong = || Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after");
    read().map(Some).ok_or_else(wrong)
}

impl Engine {
    /// Routes of the consultants of one's stores who have customers there, by name.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn routes(&self, actor: &Actor) -> Result<Vec<RouteView>, Refusal> {
        let scope = actor.scope(Action::TaskRead)?;
        let (chain, today) = (actor.chain, self.today(actor.chain)?);
        let found = self.read(chain, |conn| {
            let rules = settings::read::<RouteRules>(conn, chain)?.value;
            let with: Vec<Id> = each!(conn, c => customers::table
                .select(customers::consultant_id.assume_not_null())
                .filter(customers::chain_id.eq(Id::from(chain)).and(customers::consultant_id.is_not_null()))
                .distinct()
                .load(c)?);
            let mut routes = Vec::new();
            for (id, name, _) in people(conn, chain, &scope)?
                .into_iter()
                .filter(|one| with.contains(&one.0))
            {
                let stops = in_order(conn, chain, &scope, id.typed())?;
                if stops.is_empty() {
                    continue;
                }
                let review = last_review(conn, chain, id)?.map(Row::view);
                let due_on = review.as_ref().and_then(|review| rules.due(review.reviewed_on));
                routes.push(RouteView {
                    staff_id: id.typed(),
                    name,
                    customers: stops.len() as i64,
                    unplaced: unplaced(&stops),
                    review,
                    due_on,
                    overdue: due_on.is_none_or(|due| due < today),
                });
            }
            Ok(routes)
        });
        Ok(found?)
    }

    /// A consultant's customers by region and route order; those without a region or a place come last in their part.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn route(&self, actor: &Actor, whose: StaffId, page: &PageArgs) -> Result<Page<RouteStop>, Refusal> {
        let scope = actor.scope(Action::TaskRead)?;
        let (limit, after, chain) = (page.limit()?, after(page)?, actor.chain);
        let mut stops = self.read(chain, |conn| {
            check_whose(conn, actor, Action::TaskRead, whose)?;
            in_order(conn, chain, &scope, whose)
        })?;
        if let Some((stop, id)) = after {
            stops.retain(|one| (&one.0, one.1.0) > (&stop, id));
        }
        let page = Page::cut(stops, limit, |(stop, id)| cursor(stop, *id));
        let ids: Vec<CustomerId> = page.items.iter().map(|(_, id)| id.typed()).collect();
        let mut briefs = self.customer_briefs(chain, &ids)?;
        let items = page.items.into_iter().filter_map(|(stop, id)| {
            let brief = briefs.remove(&id.typed())?;
            Some(RouteStop {
                customer_id: brief.id,
                customer: brief.display,
                phone: brief.phone_masked,
                region: stop.region,
                place: stop.place,
            })
        });
        Ok(Page {
            items: items.collect(),
            next: page.next,
        })
    }

    /// Notes that a route was reviewed, with how many customers it had.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`.
    pub async fn review_route(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        whose: StaffId,
        new: NewRouteReview,
    ) -> Result<Written<RouteReview>, Refusal> {
        let scope = actor.scope(Action::TaskManage)?;
        let remark = new.remark.as_deref().map(|text| input::text(text, 500, "/remark"));
        let (remark, today) = (remark.transpose()?, self.today(actor.chain)?);
        let work = move |tx: &mut Tx<'_>| {
            let (chain, actor) = (tx.chain(), tx.actor().clone());
            check_whose(tx.conn(), &actor, Action::TaskManage, whose)?;
            check_staff(tx, whose, "/id")?;
            let stops = in_order(tx.conn(), chain, &scope, whose)?;
            let id: RouteReviewId = tx.new_id();
            let row = Row {
                chain_id: chain.into(),
                id: id.into(),
                staff_id: whose.into(),
                reviewed_on: today.0,
                reviewed_by: actor.staff.map(Id::from),
                customers: stops.len() as i64,
                unplaced: unplaced(&stops),
                remark: remark.clone(),
            };
            each!(tx.conn(), c => diesel::insert_into(route_reviews::table).values(&row).execute(c)?);
            let detail = json!({ "staff_id": whose, "customers": row.customers, "unplaced": row.unplaced });
            tx.audit("route.review", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "route.review", work).await?;
        Written::read(answered, |id| {
            let found = route_reviews::table.find((Id::from(actor.chain), Id(id)));
            let row: Row = self.read(actor.chain, |conn| {
                Ok(each!(conn, c => found.select(Row::as_select()).get_result(c)?))
            })?;
            Ok(row.view())
        })
    }
}
