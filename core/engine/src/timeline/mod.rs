//! Everything that happened with a customer in one list, newest first (D-ARC-1). Each kind is read by its own index from
//! where the page begins, a page's worth and one: what a page costs doesn't grow with the customer.

mod sources;

use crate::Engine;
use crate::actor::Actor;
use crate::archive::find_customer;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::keys::PersonKey;
use crate::page::{Page, PageArgs, time_cursor};
use crate::store::Id;
use crate::{files, journal, settings, task};
use cardea_domain::id::{CustomerId, StaffId, StoreId};
use cardea_domain::journal::JournalCategories;
use cardea_domain::{Instant, Refusal, Text, named};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

named! {
/// What happened.
pub enum TimelineKind {
    /// A bill: sale, return or exchange.
    Sale = "sale",
    /// Something done to a card of a membership.
    Card = "card",
    /// An entry of the journal.
    Journal = "journal",
    /// A task, when it was set.
    Task = "task",
    /// A change of the customer's card.
    Change = "change",
    /// A record of the chain's own types, when it was begun.
    Record = "record",
    /// A file that was attached.
    File = "file",
    /// A membership that was handed over to somebody, or came from somebody.
    Membership = "membership",
}
}

impl TimelineKind {
    /// What lets somebody see it, here as in its own list.
    fn action(self) -> Action {
        match self {
            Self::Sale => Action::SaleRead,
            Self::Card => Action::CardRead,
            Self::Journal => Action::JournalRead,
            Self::Task => Action::TaskRead,
            Self::Change => Action::CustomerCard,
            Self::Record => Action::RecordRead,
            Self::File => Action::FileRead,
            Self::Membership => Action::MembershipRead,
        }
    }

    fn purpose(self, id: Id) -> Vec<u8> {
        match self {
            Self::Journal => journal::purpose(id),
            Self::Task => task::row::purpose(id),
            Self::Change => crate::archive::history::purpose(id),
            _ => files::purpose(id),
        }
    }
}

/// Something that happened.
#[derive(Clone, Serialize, ToSchema)]
pub struct TimelineItem {
    pub kind: TimelineKind,
    /// Of the bill, the card's event, the entry, the task, the change, the record, or the file.
    pub id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// Who did it; null for what runs by itself.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// What it is within its kind: kind of the bill, operation on the card, category of the entry, kind of the task, media
    /// type of the file, `handed_over` or `taken_over`.
    pub what: Option<String>,
    /// What the category of an entry is called.
    pub what_name: Option<Text>,
    /// What people wrote of it: the entry, the task's title, the file's name. Gone once the customer is erased.
    pub text: Option<String>,
    /// Where a task or a card stands.
    pub state: Option<String>,
    /// Minor units of the chain's currency.
    pub amount: Option<i64>,
    /// Points of a bill: earned, less what was spent.
    pub points: Option<i64>,
    /// The card, the record's type, or the membership.
    pub subject_id: Option<Uuid>,
    /// Names of the fields that were changed.
    pub fields: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    /// Only of this kind.
    pub kind: Option<TimelineKind>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A row of some kind, what is sealed of it still sealed.
#[derive(Default)]
struct Found {
    at: i64,
    id: Id,
    staff: Option<Id>,
    what: Option<String>,
    sealed: Option<Vec<u8>>,
    state: Option<String>,
    amount: Option<i64>,
    points: Option<i64>,
    subject: Option<Id>,
}

impl Found {
    fn view(self, kind: TimelineKind, key: Option<&PersonKey>, categories: &JournalCategories) -> Result<TimelineItem> {
        let opened = match self.sealed.as_deref().zip(key) {
            Some((sealed, key)) => {
                let document = key.open_as(&kind.purpose(self.id), sealed).map_err(Error::internal)?;
                serde_json::from_slice(&document)?
            }
            None => Value::Null,
        };
        let text = ["description", "title", "name"]
            .into_iter()
            .find_map(|name| opened[name].as_str());
        let is_change = kind == TimelineKind::Change;
        let category = self.what.as_deref().filter(|_| kind == TimelineKind::Journal);
        let fields = opened.as_object().filter(|_| is_change);
        Ok(TimelineItem {
            kind,
            id: self.id.0,
            at: Instant(self.at),
            staff_id: self.staff.map(Id::typed),
            what_name: category.map(|code| categories.name(code)),
            what: self.what,
            text: text.filter(|_| !is_change).map(Into::into),
            state: self.state,
            amount: self.amount,
            points: self.points,
            subject_id: self.subject.map(|id| id.0),
            fields: fields
                .map(|fields| fields.keys().cloned().collect())
                .unwrap_or_default(),
        })
    }
}

/// The kinds that are asked for and may be seen.
fn kinds(actor: &Actor, store: StoreId, asked: Option<TimelineKind>) -> Result<Vec<TimelineKind>, Refusal> {
    if let Some(kind) = asked {
        actor.require(kind.action(), Some(store))?;
        return Ok(vec![kind]);
    }
    let seen = TimelineKind::ALL.iter().copied();
    Ok(seen
        .filter(|kind| actor.require(kind.action(), Some(store)).is_ok())
        .collect())
}

impl Engine {
    /// What happened with a customer, newest first; of each kind only for who may see its own list.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn customer_timeline(
        &self,
        actor: &Actor,
        id: CustomerId,
        query: &TimelineQuery,
    ) -> Result<Page<TimelineItem>, Refusal> {
        actor.scope(Action::CustomerRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, (at, below)) = (page.limit()?, page.below_time()?);
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let customer = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
            let store = customer.store_id.typed();
            actor.require(Action::CustomerRead, Some(store))?;
            let mut found = Vec::new();
            for kind in kinds(actor, store, query.kind)? {
                let place = ((at, Id(below)), limit as i64 + 1);
                let rows = sources::select(conn, actor, (chain.into(), customer.id), kind, place)?;
                found.extend(rows.into_iter().map(|row| (kind, row)));
            }
            found.sort_unstable_by_key(|(_, row)| std::cmp::Reverse((row.at, row.id)));
            found.truncate(limit + 1);
            let key = customer.person(&keys)?;
            let categories = settings::read::<JournalCategories>(conn, chain)?.value;
            let views = found
                .into_iter()
                .map(|(kind, row)| row.view(kind, key.as_ref(), &categories));
            views.collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |item| time_cursor(item.at, item.id)))
    }
}
