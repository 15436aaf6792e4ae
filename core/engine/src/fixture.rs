//! An installed engine on a database of its own, for the unit tests of this crate.

use crate::actor::{Actor, Role};
use crate::archive::NewCustomer;
use crate::bootstrap::{NewAdmin, NewChain};
use crate::clock::Clock;
use crate::store::Conn;
use crate::store_admin::{NewStore, Store};
use crate::{Engine, EngineOptions};
use cardea_domain::id::{ChainId, StoreId};
use cardea_domain::{Code, Instant, Refusal};
use std::fmt::Debug;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// 2026-11-22T04:07:00Z
pub(crate) const NOW: Instant = Instant(1_795_320_420_000);

pub(crate) const PASSWORD: &str = "open sesame, please";

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// Lists tests `async fn name(on: Backend)` once per database: `both!(name, …)`. Without `CARDEA_TEST_POSTGRES`, a URL
/// where databases may be created, those on PostgreSQL say so and do nothing; `CARDEA_REQUIRE_PEERS=1` demands them.
macro_rules! both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $test() { super::$test($crate::fixture::Backend::Sqlite).await })+
        }
        mod postgres {
            $(#[tokio::test] async fn $test() {
                if $crate::fixture::Backend::has_postgres() {
                    super::$test($crate::fixture::Backend::Postgres).await
                }
            })+
        }
    };
}
pub(crate) use both;

const PEER: &str = "CARDEA_TEST_POSTGRES";

impl Backend {
    pub fn has_postgres() -> bool {
        let there = std::env::var_os(PEER).is_some();
        let required = std::env::var("CARDEA_REQUIRE_PEERS").is_ok_and(|value| value == "1");
        assert!(
            there || !required,
            "{PEER} is not set, and CARDEA_REQUIRE_PEERS=1 demands it"
        );
        if !there {
            static SAID: std::sync::Once = std::sync::Once::new();
            // Not through `eprintln!`, which a passing test swallows.
            SAID.call_once(|| {
                let line = format!("\n*** {PEER} is not set: the tests that need PostgreSQL do NOTHING ***\n");
                std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).ok();
            });
        }
        there
    }

    /// Bytes in a statement, from hexadecimal.
    pub fn bytes(self, hex: &str) -> String {
        match self {
            Backend::Sqlite => format!("x'{hex}'"),
            Backend::Postgres => format!("'\\x{hex}'::bytea"),
        }
    }
}

/// Nobody else's; on PostgreSQL dropped at the end.
pub(crate) struct TestDatabase {
    /// The setting; empty for SQLite in the data folder.
    pub url: String,
    name: Option<String>,
}

impl TestDatabase {
    pub fn new(on: Backend) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(1);
        if on == Backend::Sqlite {
            return Self {
                url: String::new(),
                name: None,
            };
        }
        let counter = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("cardea_unit_{}_{counter}", std::process::id());
        Self::maintain(&format!("CREATE DATABASE {name}"));
        let peer = Self::peer();
        let (address, options) = peer.split_once('?').unwrap_or((&peer, ""));
        let (server, _) = address.rsplit_once('/').unwrap();
        Self {
            url: format!("{server}/{name}?{options}"),
            name: Some(name),
        }
    }

    fn peer() -> String {
        std::env::var(PEER).unwrap()
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap()
    }

    /// Its URL for another user, `NAME` or `NAME:PASSWORD`.
    pub fn url_of(&self, user: &str) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap();
        let (_, host) = rest.split_once('@').unwrap();
        format!("{scheme}://{user}@{host}")
    }

    /// Runs a statement on the server, beside any test's database.
    pub fn maintain(sql: &str) {
        Conn::open(&Self::peer(), Path::new(".")).unwrap().batch(sql).unwrap();
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // `WITH (FORCE)` would have to end the server's own cleaners too, and may not; without it they give way.
            Self::maintain(&format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = '{name}' AND usename = current_user"
            ));
            Self::maintain(&format!("DROP DATABASE {name}"));
        }
    }
}

pub(crate) struct Fixture {
    pub engine: Engine,
    database: TestDatabase,
    pub chain: ChainId,
    /// The chain's administrator, as the system.
    pub admin: Actor,
    pub store: StoreId,
    pub dir: tempfile::TempDir,
}

impl Fixture {
    /// A chain `demo` with user `admin` and store `s01`; the clock stands at [`NOW`].
    pub async fn new() -> Self {
        Self::on(Backend::Sqlite).await
    }

    /// The same on either database.
    pub async fn on(backend: Backend) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = TestDatabase::new(backend);
        let options = EngineOptions {
            database: database.url.clone(),
            clock: Clock::fixed(NOW),
            ..EngineOptions::new(dir.path())
        };
        let engine = Engine::start(options).unwrap();
        let chain = create_chain(&engine, "demo").await;
        let admin = Actor::system(chain);
        let store = create_store(&engine, &admin, "s01").await;
        Self {
            engine,
            database,
            chain,
            admin,
            store,
            dir,
        }
    }

    /// How to start another engine over the same data, with the machine's clock.
    pub fn options(&self) -> EngineOptions {
        EngineOptions {
            database: self.database.url.clone(),
            ..EngineOptions::new(self.dir.path())
        }
    }

    /// Somebody of this role, bound to the stores.
    pub fn actor(&self, role: Role, stores: &[StoreId]) -> Actor {
        Actor {
            role,
            stores: Some(stores.to_vec()),
            ..Actor::system(self.chain)
        }
    }

    /// A customer of the fixture's store, registered whoever else has the phone.
    pub fn customer(&self, name: &str, phone: &str) -> NewCustomer {
        serde_json::from_value(serde_json::json!({
            "name": name, "form_of_address": "ms", "phones": [phone], "birthday": "1990-05-01", "store_id": self.store,
            "acknowledge_duplicate": true,
        }))
        .unwrap()
    }

    /// Every byte that SQLite has written.
    pub fn files(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(self.dir.path()).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                bytes.extend(std::fs::read(path).unwrap());
            }
        }
        bytes
    }
}

pub(crate) async fn create_chain(engine: &Engine, code: &str) -> ChainId {
    let new = NewChain {
        code: code.into(),
        ..NewChain::first()
    };
    let admin = NewAdmin {
        user: "admin".into(),
        name: "管理员".into(),
        password: PASSWORD.to_owned().into(),
        must_change_password: false,
        platform_operator: true,
    };
    engine.create_chain(new, admin).await.unwrap().0
}

pub(crate) async fn create_store(engine: &Engine, admin: &Actor, code: &str) -> StoreId {
    let new = NewStore {
        code: code.into(),
        name: format!("{code} 店"),
        region_id: None,
        time_zone: None,
        kind: Default::default(),
    };
    engine.create::<Store>(admin, None, new).await.unwrap().value.id
}

/// The code of a refusal.
pub(crate) fn code<T: Debug>(result: Result<T, Refusal>) -> Code {
    result.unwrap_err().code
}

/// Code and field of a refusal.
pub(crate) fn at<T: Debug>(result: Result<T, Refusal>) -> (Code, String) {
    let refusal = result.unwrap_err();
    (refusal.code, refusal.pointer.unwrap_or_default())
}

/// An idempotency key of a request.
pub(crate) fn key(key: &str, request: u8) -> Option<crate::store::IdempotencyKey> {
    Some(crate::store::IdempotencyKey {
        key: key.into(),
        request: [request; 32],
    })
}
