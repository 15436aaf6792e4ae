//! Versions of a program's configuration: checked by the plugin's own schema, then never changed.

use super::ComponentDigest;
use super::component::Wait;
use super::effective::digest;
use super::manage::pinned;
use crate::actor::Actor;
use crate::approval::{self, ApprovalKind, Guarded};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, field, not_found};
use crate::page::{Page, PageArgs};
use crate::plugin::{Failure, Function, Plugin, PluginError, validate_config};
use crate::store::schema::configurations;
use crate::store::{Answer, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::error::FieldError;
use cardea_domain::id::{ChainId, ConfigurationId, ProgramId, StaffId};
use cardea_domain::sale::Terms;
use cardea_domain::tier::Ladder;
use cardea_domain::{Code, Instant, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConfiguration {
    // Business time, not in the past: what was judged stays judged.
    /// null or absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub effective_from: Option<Instant>,
    /// By the plugin's JSON Schema (`schema` of the program).
    #[schema(value_type = Object)]
    pub plugin_config: Value,
    pub ladder: Ladder,
    pub points: Terms,
}

/// A version of a program's rules. Versions are never edited; a change is a new one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Configuration)]
pub struct ConfigurationView {
    #[schema(value_type = Uuid)]
    pub id: ConfigurationId,
    /// From 1.
    pub version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub effective_from: Instant,
    // None: the system.
    #[schema(value_type = Option<Uuid>)]
    pub created_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = Object)]
    pub plugin_config: Value,
    pub ladder: Ladder,
    pub points: Terms,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = configurations)]
struct Row {
    id: Id,
    number: i64,
    effective_from: i64,
    plugin_config: String,
    ladder: String,
    terms: String,
    created_by: Option<Id>,
    created_at: i64,
}

impl Row {
    fn view(self) -> Result<ConfigurationView> {
        Ok(ConfigurationView {
            id: self.id.typed(),
            version: self.number,
            effective_from: Instant(self.effective_from),
            created_by: self.created_by.map(Id::typed),
            created_at: Instant(self.created_at),
            plugin_config: serde_json::from_str(&self.plugin_config)?,
            ladder: serde_json::from_str(&self.ladder)?,
            points: serde_json::from_str(&self.terms)?,
        })
    }
}

/// A checked configuration as it is stored.
#[derive(Clone)]
pub(super) struct Prepared {
    pub digest: ComponentDigest,
    plugin_config: String,
    ladder: String,
    terms: String,
}

impl Prepared {
    /// Checks everything at once: the plugin's schema, whether the plugin can read it, ladder and points settings.
    pub fn check(plugin: &Plugin, config: Value, ladder: Ladder, terms: Terms) -> Result<Self, Refusal> {
        let below = |root: &str, errors: Vec<FieldError>| {
            let root = root.to_owned();
            errors.into_iter().map(move |e| FieldError {
                pointer: format!("{root}{}", e.pointer),
                detail: e.detail,
            })
        };
        let schema = validate_config(plugin.description(), &config).err().unwrap_or_default();
        let mut errors: Vec<FieldError> = schema
            .into_iter()
            .map(|e| FieldError {
                pointer: format!("/plugin_config{}", e.pointer),
                detail: e.message,
            })
            .collect();
        errors.extend(below("/ladder", ladder.validate()));
        errors.extend(below("/points", terms.validate()));
        let plugin_config = config.to_string();
        // Rules that a schema can't say ("the second figure is the larger one") are the plugin's to tell.
        for function in [Function::AdmissionHistory, Function::RenewalHistory] {
            if !errors.is_empty() || !plugin.has(function) {
                continue;
            }
            match plugin.call_json(function, json!({ "config": plugin_config })) {
                Ok(_) => {}
                Err(e) if e.failure == Failure::Undecided => {
                    errors.push(FieldError {
                        pointer: "/plugin_config".into(),
                        detail: e.message,
                    });
                }
                Err(_) => {
                    let (zh, en) = (
                        "插件无法检查此配置",
                        "The plugin can't check this configuration; try again",
                    );
                    return Err(Refusal::new(Code::PluginFailed, zh, en));
                }
            }
        }
        if let Some(first) = errors.first() {
            let pointer = first.pointer.clone();
            let (zh, en) = (
                "配置有误，请按所列字段修改",
                "The configuration is wrong in the fields listed",
            );
            return Err(Refusal::new(Code::ConfigurationInvalid, zh, en)
                .at(pointer)
                .with(|facts| facts.errors = errors));
        }
        let pin = hex::decode(plugin.digest()).map_err(Error::internal)?;
        Ok(Self {
            digest: digest(&pin)?,
            plugin_config,
            ladder: serde_json::to_string(&ladder).map_err(Error::from)?,
            terms: serde_json::to_string(&terms).map_err(Error::from)?,
        })
    }

    /// Inserts it as version `number` of the program.
    pub fn insert(&self, tx: &mut Tx<'_>, program: ProgramId, number: i64, from: Instant) -> Result<ConfigurationId> {
        let id = tx.new_id::<ConfigurationId>();
        let created_by = tx.actor().staff.map(Id::from);
        let row = (
            (
                configurations::chain_id.eq(Id::from(tx.chain())),
                configurations::id.eq(Id::from(id)),
            ),
            (
                configurations::program_id.eq(Id::from(program)),
                configurations::number.eq(number),
            ),
            (
                configurations::effective_from.eq(from.0),
                configurations::digest.eq(self.digest.as_slice()),
            ),
            configurations::plugin_config.eq(&self.plugin_config),
            (
                configurations::ladder.eq(&self.ladder),
                configurations::terms.eq(&self.terms),
            ),
            (
                configurations::created_by.eq(created_by),
                configurations::created_at.eq(tx.now().0),
            ),
        );
        each!(tx.conn(), c => diesel::insert_into(configurations::table).values(row).execute(c)?);
        Ok(id)
    }
}

/// Nothing is published unchecked.
fn cannot_check(error: &PluginError) -> Refusal {
    tracing::warn!(%error, "a configuration can't be checked");
    let code = error.code();
    let zh = format!("此计划的插件无法载入（{code}），配置无法检查，因此没有发布；请联系平台管理员，恢复后重试");
    let en = format!(
        "The program's plugin can't be loaded ({code}), so the configuration can't be checked and isn't published; ask \
         the platform's operator, and try again when it works"
    );
    Refusal::new(Code::PluginFailed, zh, en)
}

impl Engine {
    /// Adds a version of a program's configuration.
    ///
    /// # Errors
    /// `forbidden`; `not_found`; `configuration_invalid` with every field at fault; `field_invalid`
    /// (effective_from); `plugin_failed`.
    pub async fn create_configuration(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        program: ProgramId,
        new: NewConfiguration,
    ) -> Result<Written<ConfigurationView>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let chain = actor.chain;
        let pin = self.read(chain, |conn| pinned(conn, chain, program))?;
        let plugin = self.component(pin, Wait::ForIt)?.map_err(|e| cannot_check(&e))?;
        let request = serde_json::to_value(&new).map_err(Error::from)?;
        let prepared = Prepared::check(&plugin, new.plugin_config, new.ladder, new.points)?;
        let effective_from = new.effective_from;
        let answered = self
            .transact(actor, key, "configuration.create", move |tx| {
                let now = tx.business_now();
                let from = effective_from.unwrap_or(now);
                // Import and demo set a chain up as of the past; people don't.
                if tx.actor().staff.is_some() && from < now {
                    let (zh, en) = (
                        "生效时间不能早于现在",
                        "It can't take effect in the past; leave it out for now",
                    );
                    return Err(field("/effective_from", zh, en).into());
                }
                if pinned(tx.conn(), chain, program)? != prepared.digest {
                    let (zh, en) = (
                        "插件版本刚被更换，请重试",
                        "The plugin was exchanged just now; try again",
                    );
                    return Err(Refusal::new(Code::VersionConflict, zh, en).into());
                }
                let same = configurations::program_id.eq(Id::from(program));
                let last: Option<i64> = each!(tx.conn(), c => configurations::table
                    .filter(configurations::chain_id.eq(Id::from(chain)).and(same))
                    .select(diesel::dsl::max(configurations::number))
                    .get_result(c)?);
                let number = last.unwrap_or(0) + 1;
                // A version that somebody has published meanwhile makes it another wish.
                let guarded = Guarded {
                    kind: ApprovalKind::Configuration,
                    subject: program.0,
                    request: json!({ "version": number, "configuration": request }),
                    summary: Text::new(
                        format!("发布规则第 {number} 版"),
                        format!("Publish version {number} of the rules"),
                    ),
                };
                if let Some(waits) = approval::permit(tx, guarded)? {
                    return Ok(waits);
                }
                let id = prepared.insert(tx, program, number, from)?;
                let detail = json!({ "program_id": program, "version": number, "effective_from": from });
                tx.audit("configuration.create", id.0, detail);
                Answer::created(&Stored::of(id))
            })
            .await?;
        self.configurations_cache().changed(chain, program);
        Written::read(answered, |id| self.configuration_view(chain, id.into()))
    }

    fn configuration_view(&self, chain: ChainId, id: ConfigurationId) -> Result<ConfigurationView> {
        let row: Option<Row> = self.read(chain, |conn| {
            Ok(each!(conn, c => configurations::table
                .find((Id::from(chain), Id::from(id)))
                .select(Row::as_select())
                .get_result(c)
                .optional()?))
        })?;
        row.ok_or_else(not_found)?.view()
    }

    /// A program's configurations, newest version first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn configurations(
        &self,
        actor: &Actor,
        program: ProgramId,
        page: &PageArgs,
    ) -> Result<Page<ConfigurationView>, Refusal> {
        actor.require(Action::ConfigurationRead, None)?;
        let limit = page.limit()?;
        let before = match page.after.as_deref().map(str::parse::<i64>) {
            None => i64::MAX,
            Some(Ok(number)) => number,
            Some(Err(_)) => {
                return Err(Refusal::new(
                    Code::BodyInvalid,
                    "after 不是有效的游标",
                    "after isn't a cursor",
                ));
            }
        };
        let views = self.read(actor.chain, |conn| {
            pinned(conn, actor.chain, program)?;
            let mine = configurations::chain_id.eq(Id::from(actor.chain));
            let rows: Vec<Row> = each!(conn, c => configurations::table
                .select(Row::as_select())
                .filter(mine.and(configurations::program_id.eq(Id::from(program))))
                .filter(configurations::number.lt(before))
                .order(configurations::number.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            rows.into_iter().map(Row::view).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(views, limit, |configuration| {
            configuration.version.to_string()
        }))
    }
}
