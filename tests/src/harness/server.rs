//! A server in this process, on a free port, over a data folder of its own.

use super::actor::Actor;
use super::process;
use cardea::app::RunningServer;
use cardea::settings::Settings;
use cardea_domain::Instant;
use cardea_domain::id::ChainId;
use cardea_engine::bootstrap::{Installation, NewAdmin, NewChain};
use cardea_engine::{Engine, EngineOptions, NetworkOptions, job};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The log-in that the first run prints.
pub struct FirstLogin {
    pub chain: String,
    pub user: String,
    pub password: String,
}

pub struct Server {
    pub base: String,
    running: RunningServer,
}

/// The data folder's default name, so that processes started in a story's folder find what it left there.
pub const DATA: &str = "cardea-data";

/// What an operator, or a benchmark, sets differently.
pub type Tune<'a> = &'a dyn Fn(&mut EngineOptions);

fn open(database: Option<String>, folder: &Path, tune: Tune) -> (Settings, Engine) {
    let settings = Settings {
        data: folder.join(DATA),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        database,
        workers: 2,
        shutdown_timeout: Duration::from_secs(1),
        // Stories may say that they come through a proxy on this machine.
        trusted_proxies: vec![IpAddr::from([127, 0, 0, 1]).into()],
        ..Settings::default()
    };
    let mut options = EngineOptions {
        database: settings.database.clone().unwrap_or_default(),
        ..EngineOptions::new(&settings.data)
    };
    options.plugins.compiler = Some(process::compiler());
    // The servers that stories send to are on this machine.
    options.network = NetworkOptions {
        networks: vec!["127.0.0.1".into()],
        public_url: Some("https://cards.example".into()),
        ..NetworkOptions::default()
    };
    options.press = Some(Arc::new(cardea::press::Typesetter));
    tune(&mut options);
    let engine = Engine::start(options).expect("the engine starts");
    (settings, engine)
}

impl Server {
    /// Starts on an empty folder; without a database, SQLite in it.
    pub fn start(database: Option<String>, folder: &Path, tune: Tune) -> (Self, FirstLogin) {
        let (settings, engine) = open(database, folder, tune);
        let Installation::Created {
            chain_code,
            user,
            password,
        } = wait(engine.bootstrap(NewChain::first())).expect("the first run")
        else {
            panic!("the folder was not empty");
        };
        let running = cardea::app::serve(settings, engine).expect("the server starts");
        let first = FirstLogin {
            chain: chain_code,
            user,
            password: password.to_string(),
        };
        (
            Self {
                base: running.url(),
                running,
            },
            first,
        )
    }

    /// Starts on a folder that was in use before.
    pub fn start_again(database: Option<String>, folder: &Path, tune: Tune) -> Self {
        let (settings, engine) = open(database, folder, tune);
        let running = cardea::app::serve(settings, engine).expect("the server starts");
        Self {
            base: running.url(),
            running,
        }
    }

    pub fn addr(&self) -> SocketAddr {
        self.running.addr
    }

    pub fn engine(&self) -> &Engine {
        &self.running.engine
    }

    /// Sets a chain's business clock; None: the machine's.
    pub fn set_business_clock(&self, chain: &str, millis: Option<i64>) {
        let chain: ChainId = chain.parse().expect("a chain's id");
        self.engine().clock().set_business(chain, millis.map(Instant));
    }

    /// Moves the technical clock, which times tokens and sessions.
    pub fn advance_clock(&self, by: Duration) {
        let clock = self.engine().clock();
        clock.set(Instant(clock.now().0 + by.as_millis() as i64));
    }

    /// Whatever is wrong with the books of any chain.
    pub fn verify(&self) -> Vec<String> {
        let report = self.engine().verify().expect("the books can be read");
        report.problems
    }

    pub fn run_nightly_jobs(&self) {
        wait(job::run_all(self.engine())).expect("the jobs run");
    }

    /// HQ of a second chain in the same installation.
    pub fn second_chain(&self) -> Actor {
        let chain = NewChain {
            code: "neighbour".into(),
            ..NewChain::first()
        };
        let password = "the neighbour's own phrase";
        let admin = NewAdmin {
            user: "admin".into(),
            name: "邻家".into(),
            password: password.to_owned().into(),
            must_change_password: false,
            platform_operator: false,
        };
        wait(self.engine().create_chain(chain, admin)).expect("a second chain");
        Actor::log_in(&self.base, "neighbour", "admin", password)
    }
}

/// Waits for a future of the engine outside its server's threads.
pub fn wait<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(future)
}
