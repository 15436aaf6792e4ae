//! The `messages` table.

use crate::each;
use crate::error::Result;
use crate::store::schema::{message_refusals, messages};
use crate::store::{Conn, Id, Name};
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::message::{Channel, DropReason, MessageKind, MessageState};
use cardea_domain::{Instant, Text};
use diesel::prelude::*;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = messages, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct MessageRow {
    pub chain_id: Id,
    pub id: Id,
    pub kind: Name<MessageKind>,
    pub channel: Option<Name<Channel>>,
    pub customer_id: Option<Id>,
    pub staff_id: Option<Id>,
    pub subject_id: Option<Id>,
    pub details: String,
    pub source_key: Option<String>,
    pub state: Name<MessageState>,
    pub reason: Option<Name<DropReason>>,
    pub tries: i32,
    /// When it was to go first, business time.
    pub due_at: i64,
    /// When it goes next, business time.
    pub next_at: i64,
    /// Until when a server that sends it has it for itself, technical time.
    pub lease_until: Option<i64>,
    pub letter: Option<Vec<u8>>,
    pub shown_to: Option<String>,
    pub code: Option<String>,
    pub said: Option<String>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
}

impl MessageRow {
    pub fn save(&self, conn: &mut Conn) -> Result<()> {
        each!(conn, c => diesel::update(messages::table.find((self.chain_id, self.id))).set(self).execute(c)?);
        Ok(())
    }

    /// Saves what was decided of it or became of it, unless somebody else has had it meanwhile; answers whether it was saved. Whose it
    /// is isn't touched: two customers may have become one.
    pub fn save_from(&self, conn: &mut Conn, state: MessageState) -> Result<bool> {
        let own = messages::chain_id.eq(self.chain_id).and(messages::id.eq(self.id));
        let as_left = messages::table.filter(own.and(messages::state.eq(Name(state))));
        let outcome = (
            (messages::channel.eq(self.channel), messages::state.eq(self.state)),
            (messages::reason.eq(self.reason), messages::tries.eq(self.tries)),
            (
                messages::next_at.eq(self.next_at),
                messages::lease_until.eq(self.lease_until),
            ),
            (messages::letter.eq(&self.letter), messages::shown_to.eq(&self.shown_to)),
            (messages::code.eq(&self.code), messages::said.eq(&self.said)),
            messages::ended_at.eq(self.ended_at),
        );
        Ok(each!(conn, c => diesel::update(as_left).set(outcome).execute(c)?) == 1)
    }

    /// It won't be sent.
    pub fn drop_for(&mut self, reason: DropReason, now: Instant) {
        self.state = Name(MessageState::Dropped);
        self.reason = Some(Name(reason));
        self.end(now);
    }

    /// Nothing more happens by itself.
    pub fn end(&mut self, now: Instant) {
        self.ended_at = Some(now.0);
        self.lease_until = None;
    }

    /// What the other side said.
    pub fn say(&mut self, code: Option<String>, said: &Text) -> Result<()> {
        self.code = code;
        self.said = Some(serde_json::to_string(said)?);
        Ok(())
    }
}

/// Bound to the message: moved to another row, it doesn't open.
pub(crate) fn purpose(id: Id) -> Vec<u8> {
    [b"message/".as_slice(), id.0.as_bytes()].concat()
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<MessageRow>> {
    let row = messages::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(MessageRow::as_select()).get_result(c).optional()?))
}

/// Some that are due, the longest waiting first.
pub(super) fn due(conn: &mut Conn, chain: ChainId, now: Instant, limit: i64) -> Result<Vec<MessageRow>> {
    let own = messages::chain_id
        .eq(Id::from(chain))
        .and(messages::state.eq(Name(MessageState::Queued)));
    Ok(each!(conn, c => messages::table
        .select(MessageRow::as_select())
        .filter(own.and(messages::next_at.le(now.0)))
        .order((messages::next_at, messages::id))
        .limit(limit)
        .load(c)?))
}

/// Some whose server has gone: it had them until before `now` (technical time).
pub(super) fn orphaned(conn: &mut Conn, chain: ChainId, now: Instant, limit: i64) -> Result<Vec<MessageRow>> {
    let own = messages::chain_id
        .eq(Id::from(chain))
        .and(messages::state.eq(Name(MessageState::Sending)));
    Ok(each!(conn, c => messages::table
        .select(MessageRow::as_select())
        .filter(own.and(messages::lease_until.lt(Some(now.0)).assume_not_null()))
        .order((messages::next_at, messages::id))
        .limit(limit)
        .load(c)?))
}

/// How long is kept what went or didn't go.
const KEPT_DAYS: i64 = 365;

/// Forgets what ended long ago.
pub(crate) fn forget_old(conn: &mut Conn, chain: ChainId, now: Instant) -> Result<()> {
    let ended = [
        Name(MessageState::Sent),
        Name(MessageState::Dropped),
        Name(MessageState::Dead),
        Name(MessageState::Unclear),
    ];
    let old = messages::chain_id
        .eq(Id::from(chain))
        .and(messages::state.eq_any(ended))
        .and(messages::next_at.lt(now.plus_days(-KEPT_DAYS).0));
    each!(conn, c => diesel::delete(messages::table.filter(old)).execute(c)?);
    Ok(())
}

/// What erasure takes of messages to a customer: what was said and where to; what waits isn't sent.
pub(crate) fn erase(conn: &mut Conn, chain: ChainId, customer: CustomerId, now: Instant) -> Result<()> {
    let own = messages::chain_id
        .eq(Id::from(chain))
        .and(messages::customer_id.eq(Some(Id::from(customer))).assume_not_null());
    let waiting = messages::state.eq_any([Name(MessageState::Queued), Name(MessageState::Sending)]);
    let dropped = (
        messages::state.eq(Name(MessageState::Dropped)),
        messages::reason.eq(Some(Name(DropReason::Erased))),
        messages::ended_at.eq(Some(now.0)),
    );
    let refusals = message_refusals::chain_id
        .eq(Id::from(chain))
        .and(message_refusals::customer_id.eq(Id::from(customer)));
    let emptied = (
        messages::letter.eq(None::<Vec<u8>>),
        messages::shown_to.eq(None::<String>),
        messages::details.eq("{}"),
    );
    each!(conn, c => {
        diesel::update(messages::table.filter(own.and(waiting))).set(dropped).execute(c)?;
        diesel::update(messages::table.filter(own)).set(emptied).execute(c)?;
        diesel::delete(message_refusals::table.filter(refusals)).execute(c)?;
    });
    Ok(())
}
