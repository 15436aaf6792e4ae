//! Campaigns as head office sees and sets them.

use super::row::{self, Row};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, exists, field};
use crate::page::PageArgs;
use crate::resource::{Listed, Resource, counted, listed, versioned, wanted};
use crate::store::schema::{campaigns, programs, segments, stores};
use crate::store::{Conn, Id, Tx};
use cardea_domain::campaign::CampaignRules;
use cardea_domain::id::{CampaignId, ProgramId};
use cardea_domain::money::Points;
use cardea_domain::{Day, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// Unique in the program; entries name it in their rule (`campaign.friday`).
    #[schema(example = "friday", pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub code: String,
    pub name: Text,
    pub rules: CampaignRules,
}

/// Absent fields stay as they are. It holds from now on: what was sold before stays judged as it was.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignChange {
    pub name: Option<Text>,
    pub rules: Option<CampaignRules>,
    /// false: stopped.
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Campaign {
    #[schema(value_type = Uuid)]
    pub id: CampaignId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    pub code: String,
    pub name: Text,
    pub rules: CampaignRules,
    /// The window in words: 每周五 18:00–22:00，至 2026-12-31
    pub window: Text,
    #[schema(value_type = String, format = Date)]
    pub starts_on: Day,
    /// The last day on which it is open; null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub ends_on: Option<Day>,
    /// The first days on which it opens, at most eight.
    #[schema(value_type = Vec<String>)]
    pub days: Vec<Day>,
    /// Points given so far; what came back with whole bills is taken off.
    #[schema(value_type = i64)]
    pub given: Points,
    pub active: bool,
    /// Rises with every change; the ETag, and the number of the version.
    pub version: i64,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignQuery {
    /// Only those of this program.
    #[param(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    /// true: only what is in use, false: only what is stopped.
    pub active: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Listed for CampaignQuery {
    fn page(&self) -> PageArgs {
        PageArgs::new(self.limit, self.after.as_deref())
    }
}

versioned!(Row of campaigns as "campaign");

/// What shows of days.
const DAYS_SHOWN: usize = 8;

/// What the rules name exists.
fn check_named(conn: &mut Conn, row: &Row, rules: &CampaignRules) -> Result<()> {
    let own: Vec<Id> = rules.stores.iter().map(|id| Id::from(*id)).collect();
    if counted!(conn, stores, row.chain_id, stores::id.eq_any(&own)) != distinct(&own) {
        return Err(field("/rules/stores", "没有这家门店", "There is no such store").into());
    }
    let own: Vec<Id> = rules.segments.iter().map(|id| Id(id.0)).collect();
    if counted!(conn, segments, row.chain_id, segments::id.eq_any(&own)) != distinct(&own) {
        return Err(field("/rules/segments", "没有这个人群", "There is no such segment").into());
    }
    Ok(())
}

fn distinct(ids: &[Id]) -> i64 {
    ids.iter().collect::<std::collections::HashSet<_>>().len() as i64
}

fn rules_of(row: &Row) -> Result<CampaignRules> {
    Ok(serde_json::from_str(&row.rules)?)
}

fn written(rules: &CampaignRules) -> Result<String> {
    Ok(serde_json::to_string(rules)?)
}

impl Resource for Campaign {
    type Row = Row;
    type New = NewCampaign;
    type Change = CampaignChange;
    type Filter = CampaignQuery;

    const READ: Action = Action::CampaignRead;
    const WRITE: Action = Action::CampaignWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(_: &Engine, actor: &Actor, new: NewCampaign) -> Result<Row, Refusal> {
        let name = input::name_pair(&new.name, "/name")?;
        new.rules.check()?;
        Ok(Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            program_id: new.program_id.into(),
            code: input::code(&new.code, "/code")?,
            name_zh: name.zh,
            name_en: name.en,
            rules: written(&new.rules)?,
            given: 0,
            active: true,
            version: 1,
        })
    }

    fn apply(row: &mut Row, change: &CampaignChange) -> Result<(), Refusal> {
        if let Some(name) = &change.name {
            let name = input::name_pair(name, "/name")?;
            (row.name_zh, row.name_en) = (name.zh, name.en);
        }
        if let Some(rules) = &change.rules {
            rules.check()?;
            row.rules = written(rules)?;
        }
        row.active = change.active.unwrap_or(row.active);
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, row: &Row, before: Option<&Row>) -> Result<()> {
        if before.is_none() {
            let program = programs::id.eq(row.program_id);
            if counted!(tx.conn(), programs, row.chain_id, program) == 0 {
                return Err(field("/program_id", "没有这个会员计划", "There is no such program").into());
            }
            let same = campaigns::program_id
                .eq(row.program_id)
                .and(campaigns::code.eq(&row.code));
            if counted!(tx.conn(), campaigns, row.chain_id, same) > 0 {
                return Err(exists("/code").into());
            }
        }
        check_named(tx.conn(), row, &rules_of(row)?)?;
        row::publish(tx, row)
    }

    fn detail(row: &Row, before: Option<&Row>) -> Value {
        json!({
            "code": row.code, "rules": row.rules, "active": row.active,
            "before": before.map(|before| json!({ "rules": before.rules, "active": before.active })),
        })
    }

    fn view(row: Row) -> Self {
        let rules = rules_of(&row).unwrap_or_default();
        Self {
            id: CampaignId(row.id.0),
            program_id: row.program_id.typed(),
            code: row.code,
            name: Text::new(row.name_zh, row.name_en),
            window: rules.window.text(),
            starts_on: rules.window.starts_on(),
            ends_on: rules.window.ends_on(),
            days: rules.window.days(DAYS_SHOWN),
            rules,
            given: row.given,
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &CampaignQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let program = filter.program_id.map_or(Id(Uuid::nil()), Id::from);
        let program = wanted!(filter.program_id, campaigns::program_id.eq(program));
        let active = wanted!(filter.active, campaigns::active.eq(filter.active.unwrap_or_default()));
        Ok(listed!(conn, campaigns: Row, actor.chain, after, limit, [program, active]))
    }
}
