//! The chain, program and stores that receive imported sales: found by their codes, created where they are new.

use super::ImportError;
use super::mapping::Mapping;
use crate::actor::Actor;
use crate::bootstrap::{NewAdmin, NewChain};
use crate::keys::one_time_password;
use crate::program::{NewConfiguration, NewProgram};
use crate::store::installed;
use crate::store::schema::{chains, programs, stores};
use crate::store::{Across, Conn, Id, Scope};
use crate::store_admin::{NewStore, Store};
use crate::{Engine, each};
use cardea_domain::Instant;
use cardea_domain::id::{ChainId, ProgramId, StoreId};
use diesel::prelude::*;
use std::collections::HashMap;
use zeroize::Zeroizing;

/// The first log-in of a chain that the import created: shown once, it can't be read again.
#[derive(Clone)]
pub struct FirstLogin {
    pub chain: String,
    pub user: String,
    pub password: Zeroizing<String>,
}

/// Where the sales go.
pub(super) struct Target {
    pub actor: Actor,
    pub program: ProgramId,
    /// Stores by code.
    stores: HashMap<String, StoreId>,
}

impl Target {
    /// Finds or creates chain and program. `since` is the time of the earliest sale: a new program's rules hold from
    /// then on.
    pub async fn open(
        engine: &Engine,
        mapping: &Mapping,
        since: Instant,
    ) -> Result<(Self, Option<FirstLogin>), ImportError> {
        let (chain, login) = match engine.read(Scope::AllChains(Across::ChainByCode), |conn| {
            chain_row(conn, &mapping.chain.code)
        })? {
            Some((chain, currency, minor_units)) => {
                let same = currency == mapping.chain.currency && minor_units == mapping.chain.digits as i32;
                if !same {
                    let code = &mapping.chain.code;
                    return Err(ImportError::Mapping(format!(
                        "chain.currency: the chain {code} keeps its books in {currency}"
                    )));
                }
                (chain, None)
            }
            None => create_chain(engine, mapping).await?,
        };
        let actor = Actor::system(chain);
        let program = match engine.read(chain, |conn| program(conn, chain, &mapping.program.code))? {
            Some(program) => program,
            None => create_program(engine, &actor, mapping, since).await?,
        };
        Ok((
            Self {
                actor,
                program,
                stores: HashMap::new(),
            },
            login,
        ))
    }

    /// The store of a code, created at its first sale.
    pub async fn store(&mut self, engine: &Engine, mapping: &Mapping, code: &str) -> Result<StoreId, ImportError> {
        if let Some(known) = self.stores.get(code) {
            return Ok(*known);
        }
        let chain = self.actor.chain;
        let id = match engine.read(chain, |conn| store(conn, chain, &code.to_ascii_lowercase()))? {
            Some(id) => id,
            None => {
                let new = NewStore {
                    code: code.to_owned(),
                    name: mapping.store.name.replace("{}", code),
                    region_id: None,
                    time_zone: Some(mapping.store.time_zone.name().to_owned()),
                    kind: Default::default(),
                };
                engine.create::<Store>(&self.actor, None, new).await?.value.id
            }
        };
        self.stores.insert(code.to_owned(), id);
        Ok(id)
    }
}

/// The chain of a code.
///
/// # Errors
/// The database fails.
pub fn chain(engine: &Engine, code: &str) -> crate::Result<Option<ChainId>> {
    Ok(engine
        .read(Scope::AllChains(Across::ChainByCode), |conn| chain_row(conn, code))?
        .map(|(id, ..)| id))
}

async fn create_chain(engine: &Engine, mapping: &Mapping) -> Result<(ChainId, Option<FirstLogin>), ImportError> {
    let password = one_time_password().map_err(crate::Error::from)?;
    let new = NewChain {
        code: mapping.chain.code.clone(),
        name: mapping.chain.name.clone(),
        currency: mapping.chain.currency.clone(),
        time_zone: mapping.chain.time_zone.name().to_owned(),
    };
    let admin = NewAdmin {
        user: "admin".into(),
        name: "Administrator".into(),
        password: password.clone(),
        must_change_password: true,
        // In an empty database somebody must be able to operate it.
        platform_operator: engine.read(Scope::Installation, installed)?.is_none(),
    };
    let login = FirstLogin {
        chain: new.code.clone(),
        user: admin.user.clone(),
        password,
    };
    let (chain, _) = engine.create_chain(new, admin).await?;
    Ok((chain, Some(login)))
}

/// The business clock stands at the first sale while the rules are made, so that no earlier version precedes them.
async fn create_program(
    engine: &Engine,
    actor: &Actor,
    mapping: &Mapping,
    since: Instant,
) -> Result<ProgramId, ImportError> {
    let wanted = &mapping.program;
    let new = NewProgram {
        code: wanted.code.clone(),
        name: wanted.name.clone(),
        plugin: wanted.plugin.clone(),
    };
    let configuration = NewConfiguration {
        effective_from: None,
        plugin_config: wanted.plugin_config.clone(),
        ladder: wanted.ladder.clone(),
        points: wanted.points.clone(),
    };
    engine.clock().set_business(actor.chain, Some(since));
    let created = async {
        let program = engine.create_program(actor, None, new).await?.value.id;
        engine.create_configuration(actor, None, program, configuration).await?;
        Ok(program)
    };
    let created = created.await;
    engine.clock().set_business(actor.chain, None);
    created
}

fn chain_row(conn: &mut Conn, code: &str) -> crate::Result<Option<(ChainId, String, i32)>> {
    let row: Option<(Id, String, i32)> = each!(conn, c => chains::table
        .filter(chains::code.eq(code))
        .select((chains::id, chains::currency, chains::minor_units))
        .get_result(c)
        .optional()?);
    Ok(row.map(|(id, currency, minor_units)| (id.typed(), currency, minor_units)))
}

fn program(conn: &mut Conn, chain: ChainId, code: &str) -> crate::Result<Option<ProgramId>> {
    let row: Option<Id> = each!(conn, c => programs::table
        .filter(programs::chain_id.eq(Id::from(chain)).and(programs::code.eq(code)))
        .select(programs::id)
        .get_result(c)
        .optional()?);
    Ok(row.map(Id::typed))
}

fn store(conn: &mut Conn, chain: ChainId, code: &str) -> crate::Result<Option<StoreId>> {
    let row: Option<Id> = each!(conn, c => stores::table
        .filter(stores::chain_id.eq(Id::from(chain)).and(stores::code.eq(code)))
        .select(stores::id)
        .get_result(c)
        .optional()?);
    Ok(row.map(Id::typed))
}
