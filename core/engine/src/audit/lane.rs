//! Lanes: hash chains that entries of every chain are appended to. Each lane belongs to one writer at a time.
//!
//! Reads here cross chains, as nothing else does: a lane can only be checked with all its entries. Whoever shows them to
//! people shows those of other chains as hashes.

use super::entry::{Content, Sha};
use crate::each;
use crate::error::{Error, Result};
use crate::store::schema::{audit, audit_lanes};
use crate::store::{Conn, Id};
use cardea_domain::Instant;
use diesel::prelude::*;
use uuid::Uuid;

/// How many lanes there are: more than writers, so that each finds one.
pub const LANES: i32 = 8;

/// Entries read at a time.
pub(super) const SLICE: i64 = 1000;

/// Where a lane ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub seq: i64,
    pub sha: Sha,
}

/// An entry's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub lane: i32,
    pub seq: i64,
    pub previous: Sha,
    pub sha: Sha,
}

/// A lane that a writer owns.
#[derive(Clone, Copy, Debug)]
struct Owned {
    lane: i32,
    epoch: i64,
    /// As the last commit left it.
    head: Head,
    /// With the entries of the batch under way.
    next: Head,
}

/// What one writer knows of its lane. Per batch: [`Trail::begin`], [`Trail::place`] for each entry, [`Trail::end`], and
/// once the transaction's outcome is known [`Trail::committed`] or [`Trail::abandoned`].
pub(crate) struct Trail {
    owner: Uuid,
    owned: Option<Owned>,
}

impl Trail {
    pub fn new() -> Self {
        Self {
            owner: Uuid::now_v7(),
            owned: None,
        }
    }

    /// Makes sure, in the batch's transaction, that the writer has a lane. False if another took it in the same moment.
    pub fn begin(&mut self, conn: &mut Conn, now: Instant) -> Result<bool> {
        if self.owned.is_none() {
            self.owned = claim(conn, self.owner, now)?;
        }
        Ok(self.owned.is_some())
    }

    /// The next place in the lane, which the entry must take.
    pub fn place(&mut self, content: &Content<'_>) -> Result<Place> {
        let owned = self
            .owned
            .as_mut()
            .ok_or_else(|| Error::internal("an audit entry outside a batch"))?;
        let (seq, previous) = (owned.next.seq + 1, owned.next.sha);
        let sha = content.sha(owned.lane, seq, &previous);
        owned.next = Head { seq, sha };
        Ok(Place {
            lane: owned.lane,
            seq,
            previous,
            sha,
        })
    }

    /// Moves the lane's head over the batch's entries, in its transaction. False if the lane isn't this writer's any
    /// more: the batch must be abandoned, or the lane would fork.
    pub fn end(&mut self, conn: &mut Conn, now: Instant) -> Result<bool> {
        let Some(owned) = self.owned.filter(|owned| owned.next != owned.head) else {
            return Ok(true);
        };
        let fence = audit_lanes::lane
            .eq(owned.lane)
            .and(audit_lanes::epoch.eq(owned.epoch))
            .and(audit_lanes::seq.eq(owned.head.seq));
        let moved = each!(conn, c => diesel::update(audit_lanes::table.filter(fence))
            .set((
                audit_lanes::seq.eq(owned.next.seq),
                audit_lanes::head.eq(owned.next.sha.bytes().as_slice()),
                audit_lanes::used_at.eq(now.0),
            ))
            .execute(c)?);
        Ok(moved == 1)
    }

    pub fn committed(&mut self) {
        if let Some(owned) = &mut self.owned {
            owned.head = owned.next;
        }
    }

    /// Nothing of the batch holds, or nobody knows: the next one asks the database for the lane's head.
    pub fn abandoned(&mut self) {
        self.owned = None;
    }

    /// Gives the lane back for the next start to go on with. Best effort: a lane without release is taken over.
    pub fn release(&mut self, conn: &mut Conn) {
        let Some(owned) = self.owned.take() else { return };
        let fence = audit_lanes::lane.eq(owned.lane).and(audit_lanes::epoch.eq(owned.epoch));
        let released: Result<usize> = (|| {
            Ok(each!(conn, c => diesel::update(audit_lanes::table.filter(fence))
                .set(audit_lanes::owner.eq(None::<Id>))
                .execute(c)?))
        })();
        if let Err(error) = released {
            tracing::warn!(%error, lane = owned.lane, "the audit lane isn't released");
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_lanes)]
struct LaneRow {
    lane: i32,
    epoch: i64,
    owner: Option<Id>,
    seq: i64,
    head: Vec<u8>,
    used_at: i64,
}

impl LaneRow {
    fn head(&self) -> Result<Head> {
        let sha = Sha::stored(&self.head)
            .ok_or_else(|| Error::internal(format!("the head of audit lane {} is no hash", self.lane)))?;
        Ok(Head { seq: self.seq, sha })
    }
}

fn lanes(conn: &mut Conn) -> Result<Vec<LaneRow>> {
    Ok(each!(conn, c => audit_lanes::table
        .select(LaneRow::as_select())
        .order(audit_lanes::lane)
        .load(c)?))
}

/// Takes a lane: this writer's own, else one that nobody has, else the one that was quiet for longest, whose owner finds
/// out when its next batch doesn't hold. None if another writer was faster.
fn claim(conn: &mut Conn, owner: Uuid, now: Instant) -> Result<Option<Owned>> {
    let rank = |row: &LaneRow| match row.owner {
        Some(Id(other)) if other == owner => (0, 0),
        None => (1, 0),
        Some(_) => (2, row.used_at),
    };
    let found = lanes(conn)?;
    let row = found
        .iter()
        .min_by_key(|row| (rank(row), row.lane))
        .ok_or_else(|| Error::internal("the audit log has no lanes"))?;
    let fence = audit_lanes::lane.eq(row.lane).and(audit_lanes::epoch.eq(row.epoch));
    let taken = each!(conn, c => diesel::update(audit_lanes::table.filter(fence))
        .set((
            audit_lanes::epoch.eq(row.epoch + 1),
            audit_lanes::owner.eq(Some(Id(owner))),
            audit_lanes::used_at.eq(now.0),
        ))
        .execute(c)?);
    if taken != 1 {
        return Ok(None);
    }
    // Read after the update: until it held, the owner before may have moved the head.
    let row: LaneRow = each!(conn, c => audit_lanes::table
        .find(row.lane)
        .select(LaneRow::as_select())
        .get_result(c)?);
    let head = row.head()?;
    Ok(Some(Owned {
        lane: row.lane,
        epoch: row.epoch,
        head,
        next: head,
    }))
}

/// Where every lane ends, by lane. One statement: one state of all.
pub(super) fn heads(conn: &mut Conn) -> Result<Vec<(i32, Head)>> {
    lanes(conn)?.iter().map(|row| Ok((row.lane, row.head()?))).collect()
}

/// An entry as it is stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = audit)]
pub(super) struct EntryRow {
    pub chain_id: Id,
    pub id: Id,
    pub at: i64,
    pub staff_id: Option<Id>,
    pub session_id: Option<Id>,
    pub source_ip: Option<String>,
    pub action: String,
    pub subject: Option<Id>,
    pub detail: String,
    pub lane: i32,
    pub seq: i64,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
}

impl EntryRow {
    pub fn content(&self) -> Content<'_> {
        Content {
            chain: self.chain_id.0,
            id: self.id.0,
            at: self.at,
            staff: self.staff_id.map(|id| id.0),
            session: self.session_id.map(|id| id.0),
            source_ip: self.source_ip.as_deref(),
            action: &self.action,
            subject: self.subject.map(|id| id.0),
            detail: &self.detail,
        }
    }
}

/// A place to read on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct After {
    pub seq: i64,
    pub id: Uuid,
}

impl After {
    pub const START: After = After {
        seq: i64::MIN,
        id: Uuid::nil(),
    };

    pub fn row(row: &EntryRow) -> Self {
        Self {
            seq: row.seq,
            id: row.id.0,
        }
    }
}

/// A lane's entries of all chains, in order. Numbers that stand there twice come in the order of the ids.
pub(super) fn entries(conn: &mut Conn, lane: i32, after: After, limit: i64) -> Result<Vec<EntryRow>> {
    Ok(each!(conn, c => audit::table
        .select(EntryRow::as_select())
        .filter(audit::lane.eq(lane).and(audit::seq.ge(after.seq)))
        .filter(audit::seq.gt(after.seq).or(audit::id.gt(Id(after.id))))
        .order((audit::seq, audit::id))
        .limit(limit)
        .load(c)?))
}

/// Entries of all chains, whatever lane they say.
pub(super) fn count(conn: &mut Conn) -> Result<i64> {
    Ok(each!(conn, c => audit::table.count().get_result(c)?))
}

/// Sets the lanes up in a database that has none, and chains the entries from before there were any. That happens once:
/// where lanes are, an entry without a place is one that somebody slipped in.
/// Needs a transaction of its own.
pub(crate) fn set_up(conn: &mut Conn) -> Result<()> {
    let row = |lane: i32| {
        (
            audit_lanes::lane.eq(lane),
            audit_lanes::epoch.eq(0_i64),
            audit_lanes::seq.eq(0_i64),
            audit_lanes::head.eq(Sha::NOTHING.bytes().as_slice()),
            audit_lanes::used_at.eq(0_i64),
        )
    };
    for lane in 0..LANES {
        let made = each!(conn, c => diesel::insert_into(audit_lanes::table)
            .values(row(lane))
            .on_conflict_do_nothing()
            .execute(c)?);
        if made == 0 {
            return Ok(());
        }
    }
    let head = chain_old(conn)?;
    each!(conn, c => diesel::update(audit_lanes::table.find(0))
        .set((audit_lanes::seq.eq(head.seq), audit_lanes::head.eq(head.sha.bytes().as_slice())))
        .execute(c)?);
    Ok(())
}

/// Chains entries without a place in lane 0, each chain's in the order of their ids.
fn chain_old(conn: &mut Conn) -> Result<Head> {
    let mut head = Head {
        seq: 0,
        sha: Sha::NOTHING,
    };
    loop {
        let rows: Vec<EntryRow> = each!(conn, c => audit::table
            .select(EntryRow::as_select())
            .filter(audit::lane.eq(0).and(audit::seq.eq(0)))
            .order((audit::chain_id, audit::id))
            .limit(SLICE)
            .load(c)?);
        if rows.is_empty() {
            return Ok(head);
        }
        for row in &rows {
            let (seq, previous) = (head.seq + 1, head.sha);
            let sha = row.content().sha(0, seq, &previous);
            each!(conn, c => diesel::update(audit::table.find((row.chain_id, row.id)))
                .set((
                    audit::seq.eq(seq),
                    audit::previous.eq(previous.bytes().as_slice()),
                    audit::hash.eq(sha.bytes().as_slice()),
                ))
                .execute(c)?);
            head = Head { seq, sha };
        }
    }
}
