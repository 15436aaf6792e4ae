//! Writing a form; a low mark opens a follow-up in the same transaction.

use super::row::{SatisfactionRow, purpose};
use super::{Satisfaction, SatisfactionQuery};
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_living_customer};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, erased, field, not_found};
use crate::keys::ChainKeys;
use crate::settings;
use crate::store::schema::{satisfaction, staff, stores};
use crate::store::{Answer, Id, IdempotencyKey, Tx};
use crate::task::row::{Draft, make};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::satisfaction::{Mark, MarkFault, Occasion, SatisfactionRules};
use cardea_domain::task::{TaskKind, TaskSource};
use cardea_domain::{Day, Refusal};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A filled-in form.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSatisfaction {
    pub occasion: Occasion,
    /// Absent: today. Not later than that.
    #[schema(value_type = Option<String>, format = Date)]
    pub day: Option<Day>,
    /// Whose work it is about; absent: the customer's consultant.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Where it was; absent: the customer's store.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// 1–5 by the questions' codes; what wasn't answered is left out.
    #[schema(example = json!({"service": 5}))]
    pub marks: BTreeMap<String, u8>,
    #[schema(min_length = 1, max_length = 2000)]
    pub remark: Option<String>,
}

fn wrong((code, fault): (String, MarkFault)) -> Refusal {
    let at = |code: &str| format!("/marks/{code}");
    match fault {
        MarkFault::None => field("/marks", "至少回答一个问题", "Answer one question at least"),
        MarkFault::Unknown => field(&at(&code), "没有这个问题", "There is no such question"),
        MarkFault::Outside => field(&at(&code), "评分为 1–5", "Marks are 1–5"),
    }
}

/// # Errors
/// `field_invalid` for a store or a staff member whom the chain doesn't have.
fn check_references(tx: &mut Tx<'_>, store: Id, staff_id: Option<Id>) -> Result<()> {
    let chain = Id::from(tx.chain());
    let known: i64 = each!(tx.conn(), c => stores::table.find((chain, store)).count().get_result(c)?);
    if known == 0 {
        return Err(field("/store_id", "没有这家门店", "There is no such store").into());
    }
    if let Some(staff_id) = staff_id {
        let known: i64 = each!(tx.conn(), c => staff::table.find((chain, staff_id)).count().get_result(c)?);
        if known == 0 {
            return Err(field("/staff_id", "没有这位员工", "There is no such staff member").into());
        }
    }
    Ok(())
}

/// The follow-up of a low mark; its owner is the customer's consultant, else whose work it was.
fn follow_up(
    tx: &mut Tx<'_>,
    keys: &ChainKeys,
    customer: &CustomerRow,
    (form, staff_id): (SatisfactionId, Option<Id>),
    (low, due_on): (&Mark, Day),
) -> Result<Option<TaskId>> {
    let draft = Draft {
        staff: customer.consultant_id.or(staff_id).map(Id::typed),
        kind: TaskKind::FollowUp,
        due_on,
        title: format!("意见表低分：{} {} 分，请回访", low.label.zh, low.mark),
        source: TaskSource::Satisfaction,
        source_key: Some(format!("satisfaction/{form}")),
    };
    make(tx, keys, customer, draft)
}

impl Engine {
    /// Writes a form. A low mark opens a follow-up for the customer's consultant.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `customer_merged`, `field_invalid`.
    pub async fn write_satisfaction(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        customer_id: CustomerId,
        new: NewSatisfaction,
    ) -> Result<Written<Satisfaction>, Refusal> {
        actor.scope(Action::JournalWrite)?;
        let remark = new.remark.as_deref();
        let remark = remark.map(|text| input::lines(text, 2000, "/remark")).transpose()?;
        let (keys, (_, today)) = (self.keys().chain(actor.chain), self.business_day(actor.chain)?);
        let day = new.day.unwrap_or(today);
        if day > today {
            return Err(field("/day", "不能晚于今天", "Not later than today"));
        }
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let customer = find_living_customer(tx.conn(), chain, customer_id)?.ok_or_else(not_found)?;
            tx.actor()
                .require(Action::JournalWrite, Some(customer.store_id.typed()))?;
            let person = customer.person(&keys)?.ok_or_else(erased)?;
            let rules = settings::read::<SatisfactionRules>(tx.conn(), chain)?.value;
            let marks = rules.marks(&new.marks).map_err(wrong)?;
            let store = new.store_id.map_or(customer.store_id, Id::from);
            let staff_id = new.staff_id.map(Id::from).or(customer.consultant_id);
            check_references(tx, store, staff_id)?;
            let id: SatisfactionId = tx.new_id();
            let lowest = marks.iter().min_by_key(|mark| mark.mark);
            let low = lowest.filter(|_| rules.is_low(&marks));
            let due_on = Day(today.0 + i32::from(rules.follow_up_days));
            let task = match low {
                Some(low) => follow_up(tx, &keys, &customer, (id, staff_id), (low, due_on))?,
                None => None,
            };
            let seal = |text: &String| person.seal_as(&purpose(id.into()), text.as_bytes());
            let texts = remark.as_ref().map(seal).transpose().map_err(Error::internal)?;
            let row = SatisfactionRow {
                store_id: store,
                staff_id,
                low: i32::from(low.is_some()),
                texts: texts.unwrap_or_default(),
                task_id: task.map(Id::from),
                written_by: tx.actor().staff.map(Id::from),
                ..SatisfactionRow::new(&customer, id, (new.occasion, day), &marks)?
            };
            each!(tx.conn(), c => diesel::insert_into(satisfaction::table).values(&row).execute(c)?);
            let detail = json!({ "customer_id": customer_id, "low": low.is_some(), "task_id": task });
            tx.audit("satisfaction.write", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "satisfaction.write", work).await?;
        Written::read(answered, |id| {
            let query = SatisfactionQuery::default();
            let after = Id(uuid::Uuid::from_u128(id.as_u128().saturating_add(1)));
            let rows = self.read(actor.chain, |conn| {
                super::select(conn, actor.chain, &crate::identity::StoreScope::All, &query, after, 1)
            })?;
            let mut views = self.satisfaction_views(actor.chain, rows)?;
            views
                .pop()
                .filter(|one| one.id.0 == id)
                .ok_or_else(|| not_found().into())
        })
    }
}
