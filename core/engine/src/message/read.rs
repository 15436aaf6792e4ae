//! Messages as people see them: to whom, by which way, what became of them. What they say isn't shown again.

use super::channel;
use super::row::{self, MessageRow};
use crate::actor::Actor;
use crate::archive::people;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::schema::{customers, messages, staff};
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, CustomerId, MessageId, StaffId};
use cardea_domain::message::{
    Channel, DropReason, MessageKind, MessageLanguage, MessageState, Placeholder, Purpose, Wording,
};
use cardea_domain::{Instant, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A message to one receiver.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageView {
    #[schema(value_type = Uuid)]
    pub id: MessageId,
    pub kind: MessageKind,
    pub purpose: Purpose,
    /// Null until the first try.
    pub channel: Option<Channel>,
    pub receiver: MessageReceiver,
    /// Where it went, masked.
    pub to: Option<String>,
    /// What it is about: a request for approval, a contract, a membership.
    pub subject_id: Option<Uuid>,
    pub state: MessageState,
    /// Why it was dropped.
    pub reason: Option<DropReason>,
    /// The same in words.
    pub reason_text: Option<Text>,
    pub tries: i32,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When it is tried next, while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Instant>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Instant>,
    /// What the other side said last, without personal data.
    pub said: Option<Text>,
    /// Its code: of SMTP, HTTP, or the provider's own.
    pub code: Option<String>,
}

/// Who gets it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageReceiver {
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Of a customer surname and form of address.
    pub name: Text,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessageQuery {
    #[param(inline)]
    pub state: Option<MessageState>,
    #[param(inline)]
    pub kind: Option<MessageKind>,
    #[param(inline)]
    pub channel: Option<Channel>,
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// How it stands with a chain's messages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageSummary {
    pub queued: i64,
    /// Given up: a person can send them again.
    pub dead: i64,
    /// Perhaps delivered: a person decides.
    pub unclear: i64,
    /// Since when the oldest one waits that is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest_due_at: Option<Instant>,
    /// Whether the operator has set the address of links (`public_url`); without it no reminders and greetings go by mail.
    pub has_public_url: bool,
    pub channels: Vec<ChannelState>,
}

/// What a kind of message is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageKindView {
    pub kind: MessageKind,
    pub title: Text,
    pub purpose: Purpose,
    /// Goes in quiet hours too.
    pub urgent: bool,
    pub placeholders: Vec<PlaceholderView>,
    pub shipped: ShippedWording,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlaceholderView {
    /// Written `{name}` in a wording.
    pub name: String,
    pub title: Text,
    pub sample: Text,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ShippedWording {
    pub zh: Wording,
    pub en: Wording,
}

/// How it stands with one channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelState {
    pub channel: Channel,
    pub configured: bool,
    /// Its server fails: until then nothing is tried.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_until: Option<Instant>,
}

impl From<&Placeholder> for PlaceholderView {
    fn from(found: &Placeholder) -> Self {
        Self {
            name: found.name.to_owned(),
            title: Text::new(found.zh, found.en),
            sample: Text::new(found.sample_zh, found.sample_en),
        }
    }
}

/// Who reads: which stores' customers, and themselves.
struct Reader {
    all: bool,
    stores: Vec<Id>,
    own: Id,
}

impl Reader {
    fn new(actor: &Actor) -> Result<Self, Refusal> {
        let (all, stores) = match actor.scope(Action::MessageRead)? {
            StoreScope::All => (true, Vec::new()),
            StoreScope::Only(stores) => (false, stores.into_iter().map(Id::from).collect()),
        };
        Ok(Self {
            all,
            stores,
            own: Id(actor.staff.map_or(Uuid::nil(), |staff| staff.0)),
        })
    }
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    (reader, query): (&Reader, &MessageQuery),
    before: Id,
    limit: i64,
) -> Result<Vec<MessageRow>> {
    let same = messages::chain_id
        .eq(customers::chain_id)
        .and(messages::customer_id.eq(customers::id.nullable()).assume_not_null());
    Ok(each!(conn, c => {
        let mut found = messages::table
            .left_join(customers::table.on(same))
            .select(MessageRow::as_select())
            .filter(messages::chain_id.eq(Id::from(chain)).and(messages::id.lt(before)))
            .into_boxed();
        if !reader.all {
            let own = messages::staff_id.eq(Some(reader.own)).assume_not_null();
            let seen = customers::store_id.nullable().eq_any(reader.stores.iter().copied().map(Some)).assume_not_null();
            found = found.filter(own.or(seen));
        }
        if let Some(state) = query.state {
            found = found.filter(messages::state.eq(Name(state)));
        }
        if let Some(kind) = query.kind {
            found = found.filter(messages::kind.eq(Name(kind)));
        }
        if let Some(channel) = query.channel {
            found = found.filter(messages::channel.eq(Some(Name(channel))));
        }
        if let Some(customer) = query.customer_id {
            found = found.filter(messages::customer_id.eq(Some(Id::from(customer))));
        }
        found.order(messages::id.desc()).limit(limit).load(c)?
    }))
}

fn views(conn: &mut Conn, chain: ChainId, rows: Vec<MessageRow>) -> Result<Vec<MessageView>> {
    let known = people(conn, chain, rows.iter().filter_map(|row| row.customer_id))?;
    let ids: BTreeSet<Id> = rows.iter().filter_map(|row| row.staff_id).collect();
    let named: Vec<(Id, String)> = each!(conn, c => staff::table
        .select((staff::id, staff::name))
        .filter(staff::chain_id.eq(Id::from(chain)).and(staff::id.eq_any(&ids)))
        .load(c)?);
    let named: HashMap<Id, String> = named.into_iter().collect();
    let name_of = |row: &MessageRow| {
        let customer = row.customer_id.and_then(|id| known.get(&id));
        if let Some(customer) = customer {
            return customer.form_of_address.0.display(&customer.name);
        }
        let name = row.staff_id.and_then(|id| named.get(&id)).cloned().unwrap_or_default();
        Text::new(name.clone(), name)
    };
    let view = |row: MessageRow| {
        let waits = row.state.0 == MessageState::Queued;
        Ok(MessageView {
            receiver: MessageReceiver {
                staff_id: row.staff_id.map(Id::typed),
                customer_id: row.customer_id.map(Id::typed),
                name: name_of(&row),
            },
            id: row.id.typed(),
            kind: row.kind.0,
            purpose: row.kind.0.purpose(),
            channel: row.channel.map(|channel| channel.0),
            to: row.shown_to,
            subject_id: row.subject_id.map(|id| id.0),
            state: row.state.0,
            reason: row.reason.map(|reason| reason.0),
            reason_text: row.reason.map(|reason| reason.0.label()),
            tries: row.tries,
            created_at: Instant(row.created_at),
            next_at: waits.then_some(Instant(row.next_at)),
            ended_at: row.ended_at.map(Instant),
            said: row.said.as_deref().map(serde_json::from_str).transpose()?,
            code: row.code,
        })
    };
    rows.into_iter().map(view).collect()
}

/// # Errors
/// `forbidden`, unless it is about a customer of one's stores, or goes to oneself.
pub(super) fn check_scope(conn: &mut Conn, actor: &Actor, action: Action, row: &MessageRow) -> Result<()> {
    let Some(customer) = row.customer_id else {
        let own = row.staff_id.is_some() && actor.staff.map(Id::from) == row.staff_id;
        return match own {
            true => Ok(actor.scope(action).map(drop)?),
            false => Ok(actor.require(action, None)?),
        };
    };
    let found = people(conn, actor.chain, std::iter::once(customer))?;
    let store = found.get(&customer).map(|row| row.store_id.typed());
    Ok(actor.require(action, store)?)
}

impl Engine {
    /// Newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn messages(&self, actor: &Actor, query: &MessageQuery) -> Result<Page<MessageView>, Refusal> {
        let reader = Reader::new(actor)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let found = self.read(actor.chain, |conn| {
            let rows = select(conn, actor.chain, (&reader, query), before, limit as i64 + 1)?;
            views(conn, actor.chain, rows)
        })?;
        Ok(Page::cut(found, limit, |message| message.id.to_string()))
    }

    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn message(&self, actor: &Actor, id: MessageId) -> Result<MessageView, Refusal> {
        actor.scope(Action::MessageRead)?;
        Ok(self.read(actor.chain, |conn| {
            let row = row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
            check_scope(conn, actor, Action::MessageRead, &row)?;
            let mut views = views(conn, actor.chain, vec![row])?;
            views.pop().ok_or_else(|| not_found().into())
        })?)
    }

    /// # Errors
    /// `forbidden`.
    pub fn message_summary(&self, actor: &Actor) -> Result<MessageSummary, Refusal> {
        actor.scope(Action::MessageRead)?;
        let (chain, now) = (actor.chain, self.clock().now().0);
        let business = self.clock().business(chain);
        Ok(self.read(chain, |conn| {
            let of = |conn: &mut Conn, state: MessageState| -> Result<i64> {
                let own = messages::chain_id
                    .eq(Id::from(chain))
                    .and(messages::state.eq(Name(state)));
                Ok(each!(conn, c => messages::table.filter(own).count().get_result(c)?))
            };
            let set_up = channel::active(conn, chain)?;
            let state = |channel: &Channel| ChannelState {
                channel: *channel,
                configured: set_up.iter().any(|found| found.channel == *channel),
                paused_until: self.network().paused_until((chain, *channel), now).map(Instant),
            };
            Ok(MessageSummary {
                queued: of(conn, MessageState::Queued)?,
                dead: of(conn, MessageState::Dead)?,
                unclear: of(conn, MessageState::Unclear)?,
                oldest_due_at: row::due(conn, chain, business, 1)?
                    .first()
                    .map(|row| Instant(row.next_at)),
                has_public_url: self.network().public_url.is_some(),
                channels: Channel::ALL.iter().map(state).collect(),
            })
        })?)
    }

    /// What kinds there are.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn message_kinds(&self, actor: &Actor) -> Result<Vec<MessageKindView>, Refusal> {
        actor.scope(Action::MessageRead)?;
        let view = |kind: &MessageKind| MessageKindView {
            kind: *kind,
            title: kind.title(),
            purpose: kind.purpose(),
            urgent: kind.is_urgent(),
            placeholders: kind.placeholders().iter().map(PlaceholderView::from).collect(),
            shipped: ShippedWording {
                zh: kind.shipped(MessageLanguage::Chinese),
                en: kind.shipped(MessageLanguage::English),
            },
        };
        Ok(MessageKind::ALL.iter().map(view).collect())
    }
}
