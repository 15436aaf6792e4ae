//! One's tasks and one's customers' birthdays as a calendar that phones subscribe to (RFC 5545), by a secret address that can be
//! withdrawn. It shows surnames and what is to be done, nothing that people wrote.

use super::{Task, TaskQuery};
use crate::actor::Actor;
use crate::archive::CustomerRow;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::keys::random;
use crate::store::schema::{calendar_feeds, customers, staff};
use crate::store::{Answer, Id, IdempotencyKey, Tx};
use crate::{Engine, Error, each};
use cardea_domain::id::*;
use cardea_domain::lunar::birthdays_in;
use cardea_domain::task::{TaskKind, TaskState};
use cardea_domain::{Day, Refusal, Text};
use diesel::prelude::*;
use icalendar::{Calendar, Component, Event, Property};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// Open tasks and customers that a calendar shows.
const MOST: i64 = 1000;
/// Birthdays are shown so far ahead, days.
const AHEAD: i32 = 370;

/// Nothing needs to be said of a new address.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCalendar {}

/// Where one's calendar is: whoever knows the address reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CalendarAddress {
    /// To be put behind the server's own address; shown once.
    #[schema(example = "/calendar/0193….4f6e….ics")]
    pub path: String,
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

impl Engine {
    /// A new address of one's calendar; the one before is withdrawn.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn open_calendar(&self, actor: &Actor, key: Option<IdempotencyKey>) -> Result<CalendarAddress, Refusal> {
        actor.scope(Action::TaskRead)?;
        let staff = actor.staff.ok_or_else(not_found)?;
        let token = hex::encode(random::<32>().map_err(Error::internal)?);
        let row_digest = digest(&token);
        let work = move |tx: &mut Tx<'_>| {
            let key = (Id::from(tx.chain()), Id::from(staff));
            let row = (
                calendar_feeds::chain_id.eq(key.0),
                calendar_feeds::staff_id.eq(key.1),
                calendar_feeds::digest.eq(&row_digest),
                calendar_feeds::created_at.eq(tx.now().0),
            );
            each!(tx.conn(), c => {
                diesel::delete(calendar_feeds::table.find(key)).execute(c)?;
                diesel::insert_into(calendar_feeds::table).values(row).execute(c)?;
            });
            tx.audit("calendar.open", staff.0, json!({}));
            Ok(Answer::no_content())
        };
        self.transact(actor, key, "calendar.open", work).await?;
        Ok(CalendarAddress {
            path: format!("/calendar/{}.{token}.ics", actor.chain),
        })
    }

    /// Withdraws the address of one's calendar.
    ///
    /// # Errors
    /// `forbidden`.
    pub async fn close_calendar(&self, actor: &Actor, key: Option<IdempotencyKey>) -> Result<(), Refusal> {
        actor.scope(Action::TaskRead)?;
        let staff = actor.staff.ok_or_else(not_found)?;
        let work = move |tx: &mut Tx<'_>| {
            let found = calendar_feeds::table.find((Id::from(tx.chain()), Id::from(staff)));
            each!(tx.conn(), c => diesel::delete(found).execute(c)?);
            tx.audit("calendar.close", staff.0, json!({}));
            Ok(Answer::no_content())
        };
        self.transact(actor, key, "calendar.close", work).await?;
        Ok(())
    }

    /// The calendar behind an address.
    ///
    /// # Errors
    /// `not_found` for an address that was withdrawn or never was, or whose owner has left.
    pub fn calendar(&self, chain: ChainId, token: &str) -> Result<String, Refusal> {
        let wanted = digest(token);
        let found: Option<Id> = self.read(chain, |conn| {
            Ok(each!(conn, c => calendar_feeds::table
                .inner_join(staff::table.on(staff::chain_id.eq(calendar_feeds::chain_id).and(staff::id.eq(calendar_feeds::staff_id))))
                .filter(calendar_feeds::chain_id.eq(Id::from(chain)).and(calendar_feeds::digest.eq(&wanted)))
                .filter(staff::active)
                .select(calendar_feeds::staff_id)
                .get_result(c)
                .optional()?))
        })?;
        let owner = found.ok_or_else(not_found)?;
        let today = self.today(chain)?;
        let query = TaskQuery {
            staff_id: Some(owner.typed()),
            state: Some(TaskState::Open),
            ..TaskQuery::default()
        };
        let rows = self.read(chain, |conn| {
            super::select(conn, chain, &StoreScope::All, &query, today, None, MOST)
        })?;
        let mut calendar = Calendar::new();
        calendar
            .name("Cardea")
            .append_property(Property::new("X-PUBLISHED-TTL", "PT1H"));
        for task in self.task_views(chain, rows, today)? {
            calendar.push(task_event(&task));
        }
        for (id, display, day) in self.birthdays(chain, owner, today)? {
            let summary = format!("生日 {} · Birthday {}", display.zh, display.en);
            calendar.push(event(&format!("birthday-{id}-{day}"), day, &summary));
        }
        Ok(calendar.to_string())
    }

    /// Birthdays of somebody's customers in the year to come, each by its date: a yearly rule would put the 29th of February where
    /// the phone likes.
    fn birthdays(&self, chain: ChainId, owner: Id, today: Day) -> Result<Vec<(CustomerId, Text, Day)>> {
        let keys = self.keys().chain(chain);
        let rows: Vec<CustomerRow> = self.read(chain, |conn| {
            Ok(each!(conn, c => customers::table
                .select(CustomerRow::as_select())
                .filter(customers::chain_id.eq(Id::from(chain)).and(customers::consultant_id.eq(owner)))
                .order(customers::id)
                .limit(MOST)
                .load(c)?))
        })?;
        let mut found = Vec::new();
        for row in rows {
            let contact = row.contact(&keys)?;
            let Some(birthday) = contact.birthday else {
                continue;
            };
            let years = [today.year(), today.year() + 1];
            let kept = |year| birthdays_in(birthday, contact.birthday_calendar, year);
            let days = years.into_iter().flat_map(kept);
            for day in days.filter(|day| *day >= today && day.0 <= today.0 + AHEAD) {
                found.push((row.id.typed(), row.form_of_address.0.display(&row.name), day));
            }
        }
        Ok(found)
    }
}

/// An event of a whole day. Dates are written as they are: nothing here depends on a zone.
fn event(uid: &str, day: Day, summary: &str) -> Event {
    let date = |day: Day| day.to_string().replace('-', "");
    let mut event = Event::new();
    event
        .uid(&format!("{uid}@cardea"))
        .summary(summary)
        .add_property("DTSTAMP", format!("{}T000000Z", date(day)))
        .append_property(
            Property::new("DTSTART", date(day))
                .add_parameter("VALUE", "DATE")
                .done(),
        )
        .append_property(
            Property::new("DTEND", date(Day(day.0 + 1)))
                .add_parameter("VALUE", "DATE")
                .done(),
        );
    event.done()
}

fn task_event(task: &Task) -> Event {
    let kind = match task.kind {
        TaskKind::Call => Text::new("回访", "Call"),
        TaskKind::Visit => Text::new("拜访", "Visit"),
        TaskKind::Message => Text::new("联系", "Write to"),
        TaskKind::FollowUp => Text::new("跟进", "Follow up"),
    };
    let whom = task.customer.clone().unwrap_or_else(|| Text::new("顾客", "a customer"));
    let summary = format!("{} {} · {} {}", kind.zh, whom.zh, kind.en, whom.en);
    event(&task.id.to_string(), task.due_on, &summary)
}
