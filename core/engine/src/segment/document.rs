//! Segments as head office saves them.

use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, exists};
use crate::page::ListQuery;
use crate::resource::{Resource, counted, listed, versioned, wanted};
use crate::store::schema::segments;
use crate::store::{Conn, Id, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::SegmentId;
use cardea_domain::segment::SegmentRules;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest name, characters.
const LONGEST: usize = 60;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSegment {
    /// Unique in the chain.
    #[schema(example = "半年未到店的金卡", min_length = 1, max_length = 60)]
    pub name: String,
    pub rules: SegmentRules,
}

/// Absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentChange {
    #[schema(min_length = 1, max_length = 60)]
    pub name: Option<String>,
    pub rules: Option<SegmentRules>,
    /// false: archived; campaigns that name it still go by it.
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Segment {
    #[schema(value_type = Uuid)]
    pub id: SegmentId,
    pub name: String,
    pub rules: SegmentRules,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = segments, primary_key(chain_id, id))]
pub struct Row {
    chain_id: Id,
    id: Id,
    name: String,
    rules: String,
    active: bool,
    version: i64,
}

versioned!(Row of segments as "segment");

impl Row {
    /// # Errors
    /// A newer version wrote them.
    pub(super) fn rules(&self) -> Result<SegmentRules> {
        Ok(serde_json::from_str(&self.rules)?)
    }
}

fn written(rules: &SegmentRules) -> Result<String, Refusal> {
    rules.check()?;
    Ok(serde_json::to_string(rules).map_err(crate::Error::from)?)
}

impl Resource for Segment {
    type Row = Row;
    type New = NewSegment;
    type Change = SegmentChange;
    type Filter = ListQuery;

    const READ: Action = Action::SegmentRead;
    const WRITE: Action = Action::SegmentWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(_: &Engine, actor: &Actor, new: NewSegment) -> Result<Row, Refusal> {
        Ok(Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            name: input::text(&new.name, LONGEST, "/name")?,
            rules: written(&new.rules)?,
            active: true,
            version: 1,
        })
    }

    fn apply(row: &mut Row, change: &SegmentChange) -> Result<(), Refusal> {
        input::set_text(&mut row.name, change.name.as_deref(), LONGEST, "/name")?;
        if let Some(rules) = &change.rules {
            row.rules = written(rules)?;
        }
        row.active = change.active.unwrap_or(row.active);
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, row: &Row, _: Option<&Row>) -> Result<()> {
        let same = segments::name.eq(&row.name).and(segments::id.ne(row.id));
        match counted!(tx.conn(), segments, row.chain_id, same) {
            0 => Ok(()),
            _ => Err(exists("/name").into()),
        }
    }

    fn detail(row: &Row, before: Option<&Row>) -> Value {
        let before = before.map(|before| &before.rules);
        json!({ "name": row.name, "rules": row.rules, "active": row.active, "before": before })
    }

    fn view(row: Row) -> Self {
        Self {
            id: row.id.typed(),
            rules: row.rules().unwrap_or_default(),
            name: row.name,
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &ListQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let active = wanted!(filter.active, segments::active.eq(filter.active.unwrap_or_default()));
        Ok(listed!(conn, segments: Row, actor.chain, after, limit, [active]))
    }
}
