//! What auditors read: their own chain's entries, newest first, and whole lanes in which other chains' entries are hashes.

use super::entry::Sha;
use super::lane::{self, After, EntryRow, LANES};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::resource::Listed;
use crate::store::schema::audit;
use crate::store::{Across, Conn, Id, Scope};
use crate::{Actor, Engine, Page, PageArgs, each};
use cardea_domain::id::{ChainId, SessionId, StaffId};
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Rows read at a time while looking for those that a filter lets through.
const CHUNK: i64 = 1000;
/// Rows looked through for one page: a filter that lets little through answers short pages, not late ones.
const MOST_ROWS: usize = 20_000;

/// What entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// An action, e.g. `card.freeze`; with a dot at the end all that begin so: `card.`.
    pub action: Option<String>,
    /// What was acted on.
    pub subject: Option<Uuid>,
    /// Who acted.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// At or after.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Instant>,
    /// Before.
    #[param(value_type = Option<String>, format = DateTime)]
    pub until: Option<Instant>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Listed for AuditQuery {
    fn page(&self) -> PageArgs {
        PageArgs::new(self.limit, self.after.as_deref())
    }
}

/// An entry of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditEntry {
    #[schema(value_type = Uuid)]
    pub chain_id: ChainId,
    pub id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// null: the system.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
    pub source_ip: Option<String>,
    #[schema(example = "card.freeze")]
    pub action: String,
    /// What was acted on.
    pub subject: Option<Uuid>,
    /// A JSON document, to the letter as it was hashed; personal data only sealed.
    #[schema(example = "{\"code\":\"north\"}")]
    pub detail: String,
    pub lane: i32,
    /// Number in its lane, from 1 without gaps.
    pub seq: i64,
    /// SHA-256, hexadecimal.
    #[schema(value_type = String)]
    pub hash: Sha,
}

/// A place of a lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditLink {
    pub lane: i32,
    pub seq: i64,
    /// SHA-256, hexadecimal.
    #[schema(value_type = String)]
    pub hash: Sha,
    /// null for another chain's.
    pub entry: Option<AuditEntry>,
}

impl Engine {
    /// Entries of the actor's chain, newest first. A page may be short, even empty, and still have a next one.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn audit_entries(&self, actor: &Actor, filter: &AuditQuery) -> Result<Page<AuditEntry>, Refusal> {
        actor.require(Action::AuditRead, None)?;
        let page = filter.page();
        let (limit, below) = (page.limit()?, page.after_id()?.unwrap_or(Uuid::max()));
        Ok(self.read(actor.chain, |conn| find(conn, actor.chain, filter, below, limit))?)
    }

    /// The lanes' places in order, those of the actor's chain with their entries: enough to compute every hash of one's
    /// own anew.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn audit_links(&self, actor: &Actor, page: &PageArgs) -> Result<Page<AuditLink>, Refusal> {
        actor.require(Action::AuditRead, None)?;
        let limit = page.limit()?;
        let start = match page.after.as_deref() {
            Some(text) => cursor(text).ok_or_else(not_a_cursor)?,
            None => (0, After::START),
        };
        Ok(self.read(Scope::AllChains(Across::AuditLanes), |conn| {
            links(conn, actor.chain, start, limit)
        })?)
    }

    /// The id of the chain with this code, for the command line.
    ///
    /// # Errors
    /// `not_found`.
    pub fn chain_of_code(&self, code: &str) -> Result<ChainId, Refusal> {
        use crate::store::schema::chains;
        let id: Option<Id> = self.read(Scope::AllChains(Across::ChainByCode), |conn| {
            Ok(each!(conn, c => chains::table
                .select(chains::id)
                .filter(chains::code.eq(code))
                .get_result(c)
                .optional()?))
        })?;
        id.map(Id::typed).ok_or_else(not_found)
    }
}

fn not_a_cursor() -> Refusal {
    Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after")
}

fn find(
    conn: &mut Conn,
    chain: ChainId,
    filter: &AuditQuery,
    mut below: Uuid,
    limit: usize,
) -> Result<Page<AuditEntry>> {
    let (mut items, mut looked_at) = (Vec::new(), 0);
    loop {
        let rows = chunk(conn, chain, filter, below)?;
        let more = rows.len() as i64 == CHUNK;
        for row in rows {
            if items.len() == limit {
                return Ok(Page {
                    items,
                    next: Some(below.to_string()),
                });
            }
            (below, looked_at) = (row.id.0, looked_at + 1);
            if filter.lets_through(&row) {
                items.push(entry(row)?);
            }
        }
        if !more {
            return Ok(Page { items, next: None });
        }
        if looked_at >= MOST_ROWS {
            return Ok(Page {
                items,
                next: Some(below.to_string()),
            });
        }
    }
}

/// The next rows of the chain, or of a subject: there is an index of both, so that each chunk costs the same.
fn chunk(conn: &mut Conn, chain: ChainId, filter: &AuditQuery, below: Uuid) -> Result<Vec<EntryRow>> {
    Ok(each!(conn, c => {
        let mut query = audit::table
            .select(EntryRow::as_select())
            .filter(audit::chain_id.eq(Id::from(chain)).and(audit::id.lt(Id(below))))
            .order(audit::id.desc())
            .limit(CHUNK)
            .into_boxed();
        if let Some(subject) = filter.subject {
            query = query.filter(audit::subject.eq(Id(subject)));
        }
        if let Some(from) = filter.from {
            // Ids begin with their time and never run behind the clock: what is older ends the look-up.
            query = query.filter(audit::id.ge(Id(first_id(from))));
        }
        query.load(c)?
    }))
}

/// The lowest id of a millisecond.
fn first_id(at: Instant) -> Uuid {
    Uuid::from_u128((at.0.max(0) as u128) << 80)
}

impl AuditQuery {
    fn lets_through(&self, row: &EntryRow) -> bool {
        let action = self.action.as_deref().is_none_or(|wanted| {
            if wanted.ends_with('.') {
                row.action.starts_with(wanted)
            } else {
                row.action == wanted
            }
        });
        action
            && self.staff_id.is_none_or(|staff| row.staff_id == Some(staff.into()))
            && self.from.is_none_or(|from| row.at >= from.0)
            && self.until.is_none_or(|until| row.at < until.0)
    }
}

fn entry(row: EntryRow) -> Result<AuditEntry> {
    let hash = stored(&row)?;
    Ok(AuditEntry {
        chain_id: row.chain_id.typed(),
        id: row.id.0,
        at: Instant(row.at),
        staff_id: row.staff_id.map(Id::typed),
        session_id: row.session_id.map(Id::typed),
        source_ip: row.source_ip,
        action: row.action,
        subject: row.subject.map(|id| id.0),
        detail: row.detail,
        lane: row.lane,
        seq: row.seq,
        hash,
    })
}

fn stored(row: &EntryRow) -> Result<Sha> {
    Sha::stored(&row.hash).ok_or_else(|| {
        Error::internal(format!(
            "audit lane {}: the hash of entry {} is none",
            row.lane, row.seq
        ))
    })
}

/// Lane, number and id of the last place of the page before.
fn cursor(text: &str) -> Option<(i32, After)> {
    let mut parts = text.splitn(3, '.');
    let (lane, seq, id) = (parts.next()?, parts.next()?, parts.next()?);
    let after = After {
        seq: seq.parse().ok()?,
        id: id.parse().ok()?,
    };
    Some((lane.parse().ok()?, after))
}

fn links(conn: &mut Conn, chain: ChainId, start: (i32, After), limit: usize) -> Result<Page<AuditLink>> {
    let (first, mut after) = start;
    let mut rows: Vec<EntryRow> = Vec::new();
    for lane in first..LANES {
        rows.extend(lane::entries(conn, lane, after, (limit + 1 - rows.len()) as i64)?);
        if rows.len() > limit {
            break;
        }
        after = After::START;
    }
    let page = Page::cut(rows, limit, |row| {
        let after = After::row(row);
        format!("{}.{}.{}", row.lane, after.seq, after.id)
    });
    let link = |row: EntryRow| {
        Ok(AuditLink {
            lane: row.lane,
            seq: row.seq,
            hash: stored(&row)?,
            entry: (row.chain_id == Id::from(chain)).then(|| entry(row)).transpose()?,
        })
    };
    let items = page.items.into_iter().map(link).collect::<Result<_>>()?;
    Ok(Page { items, next: page.next })
}
