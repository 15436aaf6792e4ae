//! One application per story: its own data folder and database, its own server on a free port, one chain with two
//! stores and a retail program.

use super::actor::{Actor, fresh_key};
use super::answer::{Answer, Field};
use super::bill::{Bill, Return, Sale};
use super::cast::{CustomerForm, Member};
use super::database::TestDatabase;
use super::program::Settings;
use super::server::{Server, Tune};
use super::site::Site;
use super::{Backend, time};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// When stories begin: everything was set up long before.
const OPENED: &str = "2024-01-02 09:00";
const TODAY: &str = "2026-03-01 10:00";
/// What new accounts begin with.
pub const ONE_TIME: &str = "handed-over-on-paper-2026";
/// What everybody changes it to.
pub const PASSWORD: &str = "correct-horse-battery-staple";

pub struct TestApp {
    pub backend: Backend,
    // In this order they go: connections, the server, its database and folder.
    hq: Actor,
    staff: Mutex<HashMap<String, Actor>>,
    server: Server,
    database: TestDatabase,
    folder: TempDir,
    chain: Chain,
    stores: [String; 2],
    consultant: String,
    program: String,
    now: Mutex<String>,
    counter: AtomicU32,
}

/// The chain of a story.
#[derive(Clone, Debug)]
pub struct Chain {
    pub id: String,
    pub code: String,
}

/// A membership's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    pub available: i64,
    pub maturing: i64,
    pub held: i64,
}

impl TestApp {
    /// Starts, logs HQ in with the one-time password of the first run, opens two stores and a program.
    pub fn start(backend: Backend) -> Self {
        Self::start_with(backend, &|_| {})
    }

    /// The same with other options of the engine.
    pub fn start_with(backend: Backend, tune: Tune) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("cardea-story-")
            .tempdir()
            .expect("a temporary folder");
        let database = TestDatabase::new(backend);
        let (server, first) = Server::start(database.url(), folder.path(), tune);
        let initial = Actor::log_in(&server.base, &first.chain, &first.user, &first.password);
        let change = json!({"old_password": first.password, "new_password": PASSWORD});
        initial
            .request("POST", "/auth/password")
            .json(&change)
            .send()
            .expect(204);
        let hq = Actor::log_in(&server.base, &first.chain, &first.user, PASSWORD);
        let chain = Chain {
            id: hq.get("/me").ok().text("/chain/id"),
            code: first.chain,
        };
        let mut app = Self {
            backend,
            server,
            database,
            folder,
            chain,
            hq,
            staff: Mutex::default(),
            stores: Default::default(),
            consultant: String::new(),
            program: String::new(),
            now: Mutex::new(OPENED.into()),
            counter: AtomicU32::new(1),
        };
        app.set_now(OPENED);
        app.stores = [app.open_store("east", "东店"), app.open_store("west", "西店")];
        app.consultant = app.hire("mei", "consultant", &[app.east()]).text("/id");
        app.program = app.create_program("vip");
        app.set_now(TODAY);
        app
    }

    /// Stops the server and starts it again over the same data. Who was logged in still is.
    pub fn restarted(self, tune: Tune) -> Self {
        let Self { server, folder, .. } = self;
        drop(server);
        let server = Server::start_again(self.database.url(), folder.path(), tune);
        let again = |actor: &Actor| Actor::nobody(&server.base).with_token(actor.token());
        let staff = self.staff.into_inner().expect("not poisoned");
        let app = Self {
            hq: again(&self.hq),
            staff: Mutex::new(staff.iter().map(|(user, actor)| (user.clone(), again(actor))).collect()),
            server,
            folder,
            ..self
        };
        app.set_now(&app.now());
        app
    }

    /// Stops the server in this process and leaves its data behind, for a process of its own. Who was logged in still
    /// is.
    pub fn leave(self) -> Site {
        let Self {
            server,
            database,
            folder,
            ..
        } = self;
        drop(server);
        Site::over(database, folder)
    }

    /// Every story ends with clean books.
    #[track_caller]
    pub fn finish(&self) {
        let problems = self.server.verify();
        assert!(problems.is_empty(), "the books are not clean: {problems:#?}");
    }

    pub fn base(&self) -> &str {
        &self.server.base
    }

    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    pub fn server(&self) -> &Server {
        &self.server
    }

    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    // --- time

    /// Business time, local.
    pub fn now(&self) -> String {
        self.now.lock().expect("not poisoned").clone()
    }

    /// Moves the chain's business clock to a local time.
    pub fn set_now(&self, local: &str) {
        *self.now.lock().expect("not poisoned") = local.to_owned();
        self.server
            .set_business_clock(&self.chain.id, Some(time::millis(local)));
    }

    /// Business time is the machine's from now on, for pages that stamp bills themselves.
    pub fn follow_the_machines_clock(&self) {
        self.server.set_business_clock(&self.chain.id, None);
        let now = self.server.engine().clock().now();
        // To the next full second: what was published a moment ago is in force then.
        *self.now.lock().expect("not poisoned") = time::local(now.0 + 1000);
    }

    /// Runs the nightly jobs as of now.
    pub fn night(&self) {
        self.server.run_nightly_jobs();
    }

    // --- places and people

    pub fn east(&self) -> &str {
        &self.stores[0]
    }

    pub fn west(&self) -> &str {
        &self.stores[1]
    }

    pub fn program(&self) -> &str {
        &self.program
    }

    /// The consultant that register forms name.
    pub fn consultant(&self) -> &str {
        &self.consultant
    }

    pub fn hq(&self) -> Actor {
        self.hq.clone()
    }

    /// The cashier of the east store.
    pub fn cashier(&self) -> Actor {
        self.actor("cashier", &[self.east()])
    }

    pub fn manager(&self) -> Actor {
        self.actor("store_manager", &[self.east()])
    }

    pub fn auditor(&self) -> Actor {
        self.actor("auditor", &[])
    }

    /// The till of a sale: an API client of the whole chain.
    pub fn till(&self) -> Actor {
        self.actor("api_client", &[])
    }

    /// Somebody with this role in these stores (none: the whole chain), hired when first needed.
    #[track_caller]
    pub fn actor(&self, role: &str, stores: &[&str]) -> Actor {
        let user = match stores {
            [] => role.to_owned(),
            [store, ..] => format!("{role}-{}", if *store == self.east() { "east" } else { "west" }),
        };
        // Held until they are hired: threads may ask for the same person at once.
        let mut staff = self.staff.lock().expect("not poisoned");
        if let Some(actor) = staff.get(&user) {
            return actor.clone();
        }
        self.hire(&user, role, stores);
        let actor = self.first_log_in(&user);
        staff.insert(user, actor.clone());
        actor
    }

    /// A new account with a one-time password.
    #[track_caller]
    pub fn hire(&self, user: &str, role: &str, stores: &[&str]) -> Value {
        let body = json!({"user": user, "name": user, "role": role, "store_ids": stores, "password": ONE_TIME});
        self.hq.post("/staff", &body).created()
    }

    /// Logs in with the one-time password, replaces it, logs in again.
    #[track_caller]
    pub fn first_log_in(&self, user: &str) -> Actor {
        let initial = Actor::log_in(self.base(), &self.chain.code, user, ONE_TIME);
        let change = json!({"old_password": ONE_TIME, "new_password": PASSWORD});
        initial
            .request("POST", "/auth/password")
            .json(&change)
            .send()
            .expect(204);
        Actor::log_in(self.base(), &self.chain.code, user, PASSWORD)
    }

    #[track_caller]
    fn open_store(&self, code: &str, name: &str) -> String {
        let body = json!({"code": code, "name": name, "region_id": null, "time_zone": time::ZONE, "kind": "own"});
        self.hq.post("/stores", &body).created().text("/id")
    }

    #[track_caller]
    pub fn create_program(&self, code: &str) -> String {
        let body = json!({"code": code, "name": {"zh": "会员", "en": "Members"}, "plugin": "retail"});
        self.hq.post("/programs", &body).created().text("/id")
    }

    /// The program's configuration, to be changed.
    #[track_caller]
    pub fn configure(&self) -> Settings<'_> {
        Settings::of(self, &self.program)
    }

    pub fn next_phone(&self) -> String {
        format!("138{:08}", 10_000_000 + self.counter.fetch_add(1, Ordering::Relaxed))
    }

    pub fn next_receipt(&self) -> String {
        format!("R{:05}", self.counter.fetch_add(1, Ordering::Relaxed))
    }

    pub fn customer(&self, name: &str) -> CustomerForm<'_> {
        CustomerForm::new(self, name)
    }

    /// Asks for a card.
    pub fn apply(&self, customer: &str) -> Answer {
        self.apply_at(customer, self.east())
    }

    pub fn apply_at(&self, customer: &str, store: &str) -> Answer {
        let body = json!({"program_id": self.program, "customer_id": customer, "store_id": store, "kind": "customer"});
        self.manager_anywhere().post("/cards", &body)
    }

    /// A manager of the whole chain, for operations at any store.
    fn manager_anywhere(&self) -> Actor {
        self.actor("store_manager", &[])
    }

    #[track_caller]
    pub fn issue(&self, customer: &str) -> Member {
        Member::from_card(customer, &self.apply(customer).created())
    }

    /// A member who bought for 1000.00 and was given a card for it: 1000 points.
    #[track_caller]
    pub fn member(&self, name: &str) -> Member {
        let customer = self.customer(name).create();
        self.sale()
            .customer(&customer)
            .line("gift-box", "gifts", 1000_00)
            .ring();
        self.issue(&customer)
    }

    /// The same in another program.
    #[track_caller]
    pub fn member_of(&self, program: &str, name: &str) -> Member {
        let customer = self.customer(name).create();
        self.sale()
            .customer(&customer)
            .line("gift-box", "gifts", 1000_00)
            .ring();
        let body = json!({"program_id": program, "customer_id": customer, "store_id": self.east(), "kind": "customer"});
        Member::from_card(&customer, &self.manager_anywhere().post("/cards", &body).created())
    }

    // --- the till

    /// A sale at the east store, now.
    pub fn sale(&self) -> Sale<'_> {
        Sale::new(self)
    }

    /// A sale to a member, by card.
    pub fn sale_to(&self, member: &Member) -> Sale<'_> {
        self.sale().card(&member.number)
    }

    pub fn return_of(&self, bill: &Bill) -> Return {
        Return::new(self, bill)
    }

    /// A reward of the program; `store` none: every store's.
    #[track_caller]
    pub fn reward(&self, code: &str, points: i64, stock: Option<i64>, store: Option<&str>) -> String {
        let body = json!({
            "program_id": self.program, "store_id": store, "code": code, "name": {"zh": code, "en": code},
            "points": points, "stock": stock,
        });
        self.hq.post("/rewards", &body).created().text("/id")
    }

    fn redemption(&self, card: &str, reward: &str) -> Value {
        json!({
            "card": card, "store_id": self.east(), "till": "T1", "receipt": self.next_receipt(), "reward_id": reward,
            "occurred_at": time::instant(&self.now()),
        })
    }

    /// Exchanges points for a reward at the east store.
    pub fn redeem(&self, card: &str, reward: &str) -> Answer {
        self.till().post("/redemptions", &self.redemption(card, reward))
    }

    pub fn quote_redemption(&self, card: &str, reward: &str) -> Answer {
        self.till()
            .request("POST", "/redemptions/quote")
            .json(&self.redemption(card, reward))
            .send()
    }

    /// An operation on a card: `freeze`, `report-loss`, …
    pub fn operate(&self, card: &str, operation: &str, more: Value) -> Answer {
        let mut body = json!({"reason": "the holder asked"});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        self.manager_anywhere()
            .request("POST", &format!("/cards/{card}/{operation}"))
            .key(&fresh_key())
            .json(&body)
            .send()
    }

    // --- looking

    #[track_caller]
    pub fn card(&self, member: &Member) -> Value {
        self.hq.get(&format!("/cards/{}", member.card)).ok()
    }

    #[track_caller]
    pub fn balance(&self, member: &Member) -> Balance {
        points_of(&self.card(member))
    }

    /// Points that can be spent now.
    #[track_caller]
    pub fn points(&self, member: &Member) -> i64 {
        self.balance(member).available
    }

    /// The statement, oldest first.
    #[track_caller]
    pub fn entries(&self, member: &Member) -> Vec<Value> {
        entries_of(&self.hq, &member.card)
    }

    #[track_caller]
    pub fn tier(&self, member: &Member) -> String {
        self.card(member).text("/tier/id")
    }
}

/// The points balance of a card or an answer.
#[track_caller]
pub fn points_of(value: &Value) -> Balance {
    let balances = value.list("/balances");
    let points = balances.iter().find(|balance| balance["asset"] == "points");
    points.map_or(
        Balance {
            available: 0,
            maturing: 0,
            held: 0,
        },
        |balance| Balance {
            available: balance.int("/available"),
            maturing: balance.int("/maturing"),
            held: balance.int("/held"),
        },
    )
}

/// The statement of a card, oldest first.
#[track_caller]
pub fn entries_of(actor: &Actor, card: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut after = String::new();
    loop {
        let page = actor.get(&format!("/cards/{card}/entries?limit=200{after}")).ok();
        entries.extend(page.list("/items"));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    entries.sort_by_key(|entry| entry.text("/id"));
    entries
}
