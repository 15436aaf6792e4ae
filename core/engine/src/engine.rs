//! The engine: what the server, the command line and the tests hold.

use crate::actor::Actor;
use crate::approval;
use crate::business;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::message::NetworkOptions;
use crate::plugin;
use crate::printing::Press;
use crate::program;
use crate::services::Services;
use crate::store::writer::{Failure, Lane, Outcome, Work, Writer};
use crate::store::{
    Across, Answer, Answered, Conn, Database, IdempotencyKey, Scope, Tx, WriterCounts, WriterOptions, listened_to,
};
use cardea_domain::{Code, Refusal};
use std::path::PathBuf;
use std::sync::Arc;

/// How to start an engine.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Empty: `cardea.sqlite` in the data folder; a path; `sqlite:PATH`; `postgres://…`.
    pub database: String,
    /// Database, lock file, compiled plugins. Created if missing.
    pub data_dir: PathBuf,
    /// None: `keys` in the data folder.
    pub keys_dir: Option<PathBuf>,
    pub clock: Clock,
    pub writer: WriterOptions,
    /// Limits of plugins; the folder of compiled code is always the data folder's.
    pub plugins: plugin::Settings,
    /// Where messages may go.
    pub network: NetworkOptions,
    /// What prints; None: nothing does.
    pub press: Option<Arc<dyn Press>>,
}

impl EngineOptions {
    /// SQLite in `data_dir`, the machine's clock.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            database: String::new(),
            data_dir: data_dir.into(),
            keys_dir: None,
            clock: Clock::system(),
            writer: WriterOptions::default(),
            plugins: plugin::Settings::default(),
            network: NetworkOptions::default(),
            press: None,
        }
    }
}

/// Cheap to clone; the last clone dropped stops the writer after what is in flight.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    writer: Writer,
    database: Arc<Database>,
    clock: Clock,
    services: Services,
}

impl Engine {
    /// Opens and migrates the database and starts the writer.
    ///
    /// # Errors
    /// See [`Database::open`].
    pub fn start(options: EngineOptions) -> Result<Self> {
        std::fs::create_dir_all(&options.data_dir)
            .map_err(|e| Error::internal(format!("{}: {e}", options.data_dir.display())))?;
        let database = Arc::new(Database::open(&options.database, &options.data_dir)?);
        let services = Services::start(&options, &database)?;
        let all = Scope::AllChains(Across::BusinessClocks);
        database.read(all, |conn| business::restore(conn, &options.clock))?;
        let listened_to = database.read(Scope::AllChains(Across::Listeners), listened_to)?;
        database.listeners().refresh(listened_to, 0);
        let writer = Writer::start(database.clone(), options.clock.clone(), options.writer)?;
        let inner = Arc::new(Inner {
            writer,
            database,
            clock: options.clock,
            services,
        });
        inner.services.plugins().on_suspension(program::teller(&inner));
        Ok(Self(inner))
    }

    pub(crate) fn services(&self) -> &Services {
        &self.0.services
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub fn database(&self) -> &Database {
        &self.0.database
    }

    /// What the writer has done since the start.
    pub fn writer_counts(&self) -> WriterCounts {
        self.0.writer.counts()
    }

    /// Runs a body whose reads on this thread see one state of the database.
    pub(crate) fn one_state<T>(&self, scope: impl Into<Scope>, body: impl FnOnce() -> Result<T>) -> Result<T> {
        self.0.database.one_state(scope, body)
    }

    /// Reads with a pooled connection what the scope lets it see: `engine.read(actor.chain, |conn| …)`. Synchronous:
    /// request handlers call it through their blocking pool, or directly for a look-up or two by key.
    pub fn read<T>(&self, scope: impl Into<Scope>, body: impl FnOnce(&mut Conn) -> Result<T>) -> Result<T> {
        self.0.database.read(scope, body)
    }

    /// Runs a rare write (archive, configuration, staff) in the writer's transaction: idempotency, audit, outbox and
    /// commit are the wrapper's. `name` is the command's stable name for logs. The closure may run more than once
    /// (when a neighbour in its batch fails), so it must only change the database.
    ///
    /// # Errors
    /// What the closure refuses; `already_exists` for a unique key it runs into; `idempotency_key_reused`; `busy`;
    /// `storage_unavailable`.
    pub async fn transact<F>(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        name: &'static str,
        work: F,
    ) -> Result<Answered, Refusal>
    where
        F: Fn(&mut Tx) -> Result<Answer> + Send + 'static,
    {
        self.transact_in(Lane::Interactive, actor, key, name, work).await
    }

    /// As [`Engine::transact`], for work that nobody waits for as well.
    pub(crate) async fn transact_in<F>(
        &self,
        lane: Lane,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        name: &'static str,
        work: F,
    ) -> Result<Answered, Refusal>
    where
        F: Fn(&mut Tx) -> Result<Answer> + Send + 'static,
    {
        let work = Work::Closure(Box::new(work));
        match self.submit(lane, Arc::new(actor.clone()), key, name, work).await {
            Ok(answered) if answered.status == approval::WAITS => Err(approval::refusal(&answered.json)),
            Ok(answered) => Ok(answered),
            Err(Failure::Refused(refusal)) => Err(*refusal),
            Err(Failure::Stale) => Err(Refusal::new(Code::Busy, "系统繁忙，请稍后重试", "Busy; try again")),
        }
    }

    pub(crate) async fn submit(
        &self,
        lane: Lane,
        actor: Arc<Actor>,
        key: Option<IdempotencyKey>,
        name: &'static str,
        work: Work,
    ) -> Outcome {
        self.0.writer.submit(lane, actor, key, name, work).await
    }
}
