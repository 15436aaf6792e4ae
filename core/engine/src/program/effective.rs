//! Which configuration holds when, parsed. Every sale asks, so it is remembered.

use super::ComponentDigest;
use crate::error::{Error, Result};
use crate::input::not_found;
use crate::plugin::Plugin;
use crate::store::schema::configurations;
use crate::store::{Conn, Id};
use crate::{Engine, each};
use cardea_domain::Instant;
use cardea_domain::id::{ChainId, ConfigurationId, ProgramId};
use cardea_domain::sale::Terms;
use cardea_domain::tier::Ladder;
use diesel::prelude::*;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Parsed configurations remembered.
const REMEMBERED: usize = 4096;

/// One version of a program's configuration; it never changes.
pub struct Configuration {
    pub id: ConfigurationId,
    pub program: ProgramId,
    /// From 1.
    pub number: i64,
    pub effective_from: Instant,
    pub digest: ComponentDigest,
    /// JSON, valid under the plugin's schema.
    pub plugin_config: String,
    pub ladder: Ladder,
    pub terms: Terms,
    /// Once it was loaded; `Engine::plugin_of` does it. Everything else of a configuration works without.
    pub(super) plugin: OnceLock<Arc<Plugin>>,
}

impl std::fmt::Debug for Configuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configuration")
            .field("id", &self.id)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// When each configuration of a program begins to hold, newest first.
type Timeline = Arc<Vec<(Instant, ConfigurationId)>>;

/// What is remembered of configurations and their timelines.
pub(crate) struct Configurations {
    parsed: quick_cache::sync::Cache<(ChainId, ConfigurationId), Arc<Configuration>>,
    timelines: Mutex<Timelines>,
}

#[derive(Default)]
struct Timelines {
    by_program: HashMap<(ChainId, ProgramId), Timeline>,
    /// Counts changes: what was read before one is not remembered after it.
    changes: u64,
}

impl Configurations {
    pub fn new() -> Self {
        Self {
            parsed: quick_cache::sync::Cache::new(REMEMBERED),
            timelines: Mutex::default(),
        }
    }

    /// A program has a new configuration.
    pub(super) fn changed(&self, chain: ChainId, program: ProgramId) {
        let mut timelines = self.timelines.lock();
        timelines.changes += 1;
        timelines.by_program.remove(&(chain, program));
    }
}

/// The configuration that holds at `at`; before the first one begins, the first.
fn holding(timeline: &[(Instant, ConfigurationId)], at: Instant) -> Option<ConfigurationId> {
    timeline.get(place(timeline, at)).map(|(_, id)| *id)
}

fn place(timeline: &[(Instant, ConfigurationId)], at: Instant) -> usize {
    let begun = timeline.iter().position(|(from, _)| *from <= at);
    begun.unwrap_or(timeline.len().saturating_sub(1))
}

/// Those that hold at some time from one instant through another, newest first.
fn during(timeline: &[(Instant, ConfigurationId)], since: Instant, until: Instant) -> Vec<ConfigurationId> {
    let span = place(timeline, until)..=place(timeline, since);
    let held = timeline.get(span).unwrap_or_default();
    held.iter().map(|(_, id)| *id).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = configurations)]
struct Row {
    program_id: Id,
    number: i64,
    effective_from: i64,
    digest: Vec<u8>,
    plugin_config: String,
    ladder: String,
    terms: String,
}

impl Engine {
    /// The configuration that holds at an instant (business time): of those that have begun, the one that began last.
    /// Sales of before the first one are judged by the first.
    ///
    /// # Errors
    /// `not_found` for an unknown program.
    pub fn configuration_at(&self, chain: ChainId, program: ProgramId, at: Instant) -> Result<Arc<Configuration>> {
        let id = self.configuration_id_at(chain, program, at)?;
        self.configuration_by_id(chain, id)
    }

    /// Which configuration holds at an instant.
    ///
    /// # Errors
    /// `not_found` for an unknown program.
    pub(crate) fn configuration_id_at(
        &self,
        chain: ChainId,
        program: ProgramId,
        at: Instant,
    ) -> Result<ConfigurationId> {
        Ok(holding(&self.timeline(chain, program)?, at).ok_or_else(not_found)?)
    }

    /// Which configurations hold at some time from one instant through another.
    ///
    /// # Errors
    /// `not_found` for an unknown program.
    pub(crate) fn configuration_ids_during(
        &self,
        chain: ChainId,
        program: ProgramId,
        (since, until): (Instant, Instant),
    ) -> Result<Vec<ConfigurationId>> {
        let found = during(&self.timeline(chain, program)?, since, until);
        if found.is_empty() {
            return Err(not_found().into());
        }
        Ok(found)
    }

    /// One configuration, parsed.
    ///
    /// # Errors
    /// `not_found`.
    pub fn configuration_by_id(&self, chain: ChainId, id: ConfigurationId) -> Result<Arc<Configuration>> {
        let cache = &self.configurations_cache().parsed;
        if let Some(known) = cache.get(&(chain, id)) {
            return Ok(known);
        }
        let row: Option<Row> = self.read(chain, |conn| {
            Ok(each!(conn, c => configurations::table
                .find((Id::from(chain), Id::from(id)))
                .select(Row::as_select())
                .get_result(c)
                .optional()?))
        })?;
        let row = row.ok_or_else(not_found)?;
        let digest = digest(&row.digest)?;
        let parsed = Arc::new(Configuration {
            id,
            program: row.program_id.typed(),
            number: row.number,
            effective_from: Instant(row.effective_from),
            digest,
            plugin: OnceLock::new(),
            plugin_config: row.plugin_config,
            ladder: serde_json::from_str(&row.ladder)?,
            terms: serde_json::from_str(&row.terms)?,
        });
        cache.insert((chain, id), parsed.clone());
        Ok(parsed)
    }

    /// The ladder that holds at an instant, without the rest of its configuration.
    ///
    /// # Errors
    /// `not_found` for an unknown program.
    pub(crate) fn ladder_at(&self, chain: ChainId, program: ProgramId, at: Instant) -> Result<Ladder> {
        let id = self.configuration_id_at(chain, program, at)?;
        if let Some(known) = self.configurations_cache().parsed.get(&(chain, id)) {
            return Ok(known.ladder.clone());
        }
        let ladder: String = self.read(chain, |conn| {
            Ok(each!(conn, c => configurations::table
                .find((Id::from(chain), Id::from(id)))
                .select(configurations::ladder)
                .get_result(c)?))
        })?;
        Ok(serde_json::from_str(&ladder)?)
    }

    fn timeline(&self, chain: ChainId, program: ProgramId) -> Result<Timeline> {
        let cache = &self.configurations_cache().timelines;
        let changes = {
            let timelines = cache.lock();
            if let Some(known) = timelines.by_program.get(&(chain, program)) {
                return Ok(known.clone());
            }
            timelines.changes
        };
        let timeline = Arc::new(self.read(chain, |conn| load_timeline(conn, chain, program))?);
        let mut timelines = cache.lock();
        if timelines.changes == changes && !timeline.is_empty() {
            timelines.by_program.insert((chain, program), timeline.clone());
        }
        Ok(timeline)
    }
}

fn load_timeline(conn: &mut Conn, chain: ChainId, program: ProgramId) -> Result<Vec<(Instant, ConfigurationId)>> {
    let rows: Vec<(i64, Id)> = each!(conn, c => configurations::table
        .select((configurations::effective_from, configurations::id))
        .filter(configurations::chain_id.eq(Id::from(chain)).and(configurations::program_id.eq(Id::from(program))))
        .order((configurations::effective_from.desc(), configurations::number.desc()))
        .load(c)?);
    Ok(rows.into_iter().map(|(from, id)| (Instant(from), id.typed())).collect())
}

pub(super) fn digest(bytes: &[u8]) -> Result<ComponentDigest> {
    bytes
        .try_into()
        .map_err(|_| Error::internal("a component's digest isn't 32 bytes long"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_configuration_that_began_last_holds() {
        let id = |n| ConfigurationId(Uuid::from_u128(n));
        let timeline = [(Instant(200), id(3)), (Instant(100), id(2)), (Instant(0), id(1))];
        for (at, number) in [(-5, 1), (0, 1), (99, 1), (100, 2), (199, 2), (200, 3), (1000, 3)] {
            assert_eq!(holding(&timeline, Instant(at)), Some(id(number)), "at {at}");
        }
        assert_eq!(holding(&[], Instant(0)), None);
    }

    #[test]
    fn whatever_was_in_force_since_is_found() {
        let id = |n| ConfigurationId(Uuid::from_u128(n));
        let timeline = [(Instant(200), id(3)), (Instant(100), id(2)), (Instant(0), id(1))];
        let found = |since, until| during(&timeline, Instant(since), Instant(until));
        assert_eq!(found(-5, -1), [id(1)], "the first holds before it begins");
        assert_eq!(found(99, 100), [id(2), id(1)]);
        assert_eq!(found(100, 199), [id(2)]);
        assert_eq!(found(0, 200), [id(3), id(2), id(1)]);
        assert_eq!(during(&[], Instant(0), Instant(1)), []);
    }
}
