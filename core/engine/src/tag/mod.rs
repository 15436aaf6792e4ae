//! Tags (D-CAM-2): words that customers are marked with, one by one here, or everybody in a segment (`segment/act.rs`).

mod assign;

pub use assign::{CustomerTag, CustomerTags, TagsChange};
pub(crate) use assign::{check_in_use, erase, give, of, set};

use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, exists};
use crate::page::ListQuery;
use crate::resource::{Resource, counted, listed, versioned, wanted};
use crate::store::schema::tags;
use crate::store::{Conn, Id, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::TagId;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest name, characters.
const LONGEST: usize = 30;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTag {
    /// Unique in the chain.
    #[schema(example = "爱喝茶", min_length = 1, max_length = 30)]
    pub name: String,
}

/// Absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagChange {
    #[schema(min_length = 1, max_length = 30)]
    pub name: Option<String>,
    /// false: archived. Whoever has it keeps it, nobody gets it any more.
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tag {
    #[schema(value_type = Uuid)]
    pub id: TagId,
    pub name: String,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tags, primary_key(chain_id, id))]
pub struct Row {
    chain_id: Id,
    id: Id,
    name: String,
    active: bool,
    version: i64,
}

versioned!(Row of tags as "tag");

impl Resource for Tag {
    type Row = Row;
    type New = NewTag;
    type Change = TagChange;
    type Filter = ListQuery;

    const READ: Action = Action::SegmentRead;
    const WRITE: Action = Action::SegmentWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(_: &Engine, actor: &Actor, new: NewTag) -> Result<Row, Refusal> {
        Ok(Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            name: input::text(&new.name, LONGEST, "/name")?,
            active: true,
            version: 1,
        })
    }

    fn apply(row: &mut Row, change: &TagChange) -> Result<(), Refusal> {
        input::set_text(&mut row.name, change.name.as_deref(), LONGEST, "/name")?;
        row.active = change.active.unwrap_or(row.active);
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, row: &Row, _: Option<&Row>) -> Result<()> {
        let same = tags::name.eq(&row.name).and(tags::id.ne(row.id));
        match counted!(tx.conn(), tags, row.chain_id, same) {
            0 => Ok(()),
            _ => Err(exists("/name").into()),
        }
    }

    fn detail(row: &Row, _: Option<&Row>) -> Value {
        json!({ "name": row.name, "active": row.active })
    }

    fn view(row: Row) -> Self {
        Self {
            id: row.id.typed(),
            name: row.name,
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &ListQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let active = wanted!(filter.active, tags::active.eq(filter.active.unwrap_or_default()));
        Ok(listed!(conn, tags: Row, actor.chain, after, limit, [active]))
    }
}
