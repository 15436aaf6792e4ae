//! Creating and reading programs.

use super::ComponentDigest;
use super::component::Wait;
use super::configuration::Prepared;
use super::effective::digest;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, exists, field, not_found};
use crate::page::{Page, PageArgs};
use crate::plugin::{Plugin, embedded};
use crate::store::schema::{components, programs};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Scope, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, ConfigurationId, ProgramId};
use cardea_domain::sale::PointsTender;
use cardea_domain::tier::{Ladder, Review, Step};
use cardea_domain::{Instant, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProgram {
    /// Unique in the chain.
    #[schema(example = "vip")]
    pub code: String,
    pub name: Text,
    /// Name of the industry's plugin.
    #[schema(example = "retail")]
    pub plugin: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Program)]
pub struct ProgramView {
    #[schema(value_type = Uuid)]
    pub id: ProgramId,
    pub code: String,
    pub name: Text,
    pub plugin: PluginView,
    pub configuration: EffectiveView,
    // A till needs it, and may not read configurations.
    /// How points pay bills now; null: they don't.
    pub tender: Option<PointsTender>,
    // And if its plugin can be loaded.
    /// JSON Schema of `plugin_config`; only when one program is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub schema: Option<Value>,
    pub version: i64,
}

/// The component whose rules a program follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PluginShown)]
pub struct PluginView {
    #[schema(example = "retail")]
    pub id: String,
    // Empty if the component is missing.
    #[schema(example = "0.1.0")]
    pub version: String,
    /// SHA-256 of the component, hexadecimal.
    pub digest: String,
}

/// The configuration in effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ConfigurationShown)]
pub struct EffectiveView {
    #[schema(value_type = Uuid)]
    pub id: ConfigurationId,
    /// From 1.
    pub version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub effective_from: Instant,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = programs)]
struct Row {
    id: Id,
    code: String,
    name_zh: String,
    name_en: String,
    plugin_id: String,
    digest: Vec<u8>,
    version: i64,
}

/// The plugin's default ladder in the chain's minor units: a plugin counts in hundredths.
fn ladder(plugin: &Plugin, minor_units: u32) -> Result<Ladder> {
    let default = &plugin.description().default_ladder;
    let scaled = |hundredths: i64| {
        let ten = |n: u32| 10i64.checked_pow(n);
        match minor_units.checked_sub(2) {
            Some(more) => ten(more).and_then(|factor| hundredths.checked_mul(factor)),
            None => ten(2 - minor_units).map(|divisor| hundredths / divisor),
        }
    };
    let step = |step: &crate::plugin::describe::Step| {
        Some(Step {
            id: step.id.clone(),
            name: Text::new(step.name.zh.clone(), step.name.en.clone()),
            threshold: scaled(step.threshold)?,
            conditions: None,
            multiplier: step.multiplier,
        })
    };
    let steps: Option<Vec<Step>> = default.steps.iter().map(step).collect();
    let steps = steps.ok_or_else(|| Error::internal(format!("the default ladder of {} is too high", plugin.id())))?;
    Ok(Ladder {
        months: default.months,
        steps,
        review: Review::default(),
    })
}

impl Engine {
    /// Creates a program: pins the embedded build of the plugin, and begins with its default configuration, which
    /// also holds for everything of before.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid` (plugin, code, name), `already_exists` (code), `plugin_failed`.
    pub async fn create_program(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewProgram,
    ) -> Result<Written<ProgramView>, Refusal> {
        actor.require(Action::ProgramWrite, None)?;
        let code = input::code(&new.code, "/code")?;
        let name = input::name_pair(&new.name, "/name")?;
        let component = embedded()
            .iter()
            .find(|(id, _)| *id == new.plugin)
            .map(|(_, bytes)| *bytes);
        let component = component.ok_or_else(|| field("/plugin", "没有这个插件", "There is no such plugin"))?;
        let plugin = self.load_plugin(component).await?;
        let minor_units = self.chain(actor.chain)?.minor_units;
        let config = serde_json::from_str(&plugin.description().default_config).map_err(Error::from)?;
        let first = Prepared::check(&plugin, config, ladder(&plugin, minor_units)?, Default::default())?;
        let answered = self
            .transact(actor, key, "program.create", move |tx| {
                let (chain, id) = (Id::from(tx.chain()), tx.new_id::<ProgramId>());
                let same = programs::chain_id.eq(chain).and(programs::code.eq(&code));
                let taken: i64 = each!(tx.conn(), c => programs::table.filter(same).count().get_result(c)?);
                if taken > 0 {
                    return Err(exists("/code").into());
                }
                keep_component(tx, &plugin, component)?;
                let row = (
                    (
                        programs::chain_id.eq(chain),
                        programs::id.eq(Id::from(id)),
                        programs::code.eq(&code),
                    ),
                    (programs::name_zh.eq(&name.zh), programs::name_en.eq(&name.en)),
                    (
                        programs::plugin_id.eq(plugin.id()),
                        programs::digest.eq(first.digest.as_slice()),
                    ),
                    (programs::created_at.eq(tx.now().0), programs::version.eq(1)),
                );
                each!(tx.conn(), c => diesel::insert_into(programs::table).values(row).execute(c)?);
                first.insert(tx, id, 1, Instant(0))?;
                tx.audit(
                    "program.create",
                    id.0,
                    json!({ "code": code, "plugin": plugin.id(), "digest": plugin.digest() }),
                );
                Answer::created(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.program_view(actor.chain, id.into()))
    }

    /// Compiles a component off the request threads; one that is loaded already costs nothing.
    async fn load_plugin(&self, component: &'static [u8]) -> Result<Arc<Plugin>, Refusal> {
        let host = self.plugins().clone();
        let loaded = tokio::task::spawn_blocking(move || host.load(component))
            .await
            .map_err(Error::internal)?;
        loaded.map_err(|e| Error::internal(e).into())
    }

    /// One program, with the schema of its configuration.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn program(&self, actor: &Actor, id: ProgramId) -> Result<ProgramView, Refusal> {
        actor.require(Action::ProgramRead, None)?;
        Ok(self.program_view(actor.chain, id)?)
    }

    fn program_view(&self, chain: ChainId, id: ProgramId) -> Result<ProgramView> {
        let row: Option<Row> = self.read(chain, |conn| {
            Ok(each!(conn, c => programs::table
                .find((Id::from(chain), Id::from(id)))
                .select(Row::as_select())
                .get_result(c)
                .optional()?))
        })?;
        let row = row.ok_or_else(not_found)?;
        let plugin = self.component(digest(&row.digest)?, Wait::Briefly)?;
        let schema = plugin
            .ok()
            .map(|plugin| serde_json::from_str(&plugin.description().config_schema));
        Ok(ProgramView {
            schema: schema.transpose()?,
            ..self.view_of(chain, row)?
        })
    }

    fn view_of(&self, chain: ChainId, row: Row) -> Result<ProgramView> {
        let id: ProgramId = row.id.typed();
        let now = self.configuration_at(chain, id, self.clock().business(chain))?;
        let version: Option<String> = self.read(Scope::Installation, |conn| {
            Ok(each!(conn, c => components::table
                .find(&row.digest)
                .select(components::version)
                .get_result(c)
                .optional()?))
        })?;
        Ok(ProgramView {
            id,
            code: row.code,
            name: Text::new(row.name_zh, row.name_en),
            plugin: PluginView {
                id: row.plugin_id,
                version: version.unwrap_or_default(),
                digest: hex::encode(&row.digest),
            },
            configuration: EffectiveView {
                id: now.id,
                version: now.number,
                effective_from: now.effective_from,
            },
            tender: now.terms.tender,
            schema: None,
            version: row.version,
        })
    }

    /// Programs, oldest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn programs(&self, actor: &Actor, page: &PageArgs) -> Result<Page<ProgramView>, Refusal> {
        actor.require(Action::ProgramRead, None)?;
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => programs::table
                .select(Row::as_select())
                .filter(programs::chain_id.eq(Id::from(actor.chain)).and(programs::id.gt(after)))
                .order(programs::id)
                .limit(limit as i64 + 1)
                .load(c)?))
        })?;
        let views = rows
            .into_iter()
            .map(|row| self.view_of(actor.chain, row))
            .collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(views, limit, |program| program.id.to_string()))
    }
}

/// The build that a program pins; changing it is a decision of its own.
pub(super) fn pinned(conn: &mut Conn, chain: ChainId, program: ProgramId) -> Result<ComponentDigest> {
    let found: Option<Vec<u8>> = each!(conn, c => programs::table
        .find((Id::from(chain), Id::from(program)))
        .select(programs::digest)
        .get_result(c)
        .optional()?);
    digest(&found.ok_or_else(not_found)?)
}

/// Stores a component, once per installation: entries name it for ever, whatever later builds embed.
fn keep_component(tx: &mut Tx<'_>, plugin: &Plugin, bytes: &[u8]) -> Result<()> {
    let digest = hex::decode(plugin.digest()).map_err(Error::internal)?;
    let row = (
        (components::digest.eq(&digest), components::bytes.eq(bytes)),
        (
            components::plugin_id.eq(plugin.id()),
            components::version.eq(&plugin.description().version),
        ),
        components::installed_at.eq(tx.now().0),
    );
    each!(tx.conn(), c => diesel::insert_into(components::table).values(row).on_conflict_do_nothing().execute(c)?);
    Ok(())
}
