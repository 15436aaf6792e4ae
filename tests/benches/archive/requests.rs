//! What the archive is filled with, and what it is asked.

use cardea_tests::harness::{Actor, Backend, DATA, Field, PASSWORD, Site, TestApp, at_once, fresh_key, query_value};
use serde_json::{Value, json};
use std::fmt::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Threads that write journals, and customers of one file.
const FILLERS: usize = 16;
const PART: usize = 50_000;
/// Numbers that a load may use.
const LOAD: u64 = 1_000_000;

const SURNAMES: [&str; 20] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高",
    "罗",
];
const GIVEN: [[&str; 10]; 2] = [
    ["小", "晓", "文", "雅", "思", "佳", "玉", "秀", "建", "志"],
    ["芳", "丽", "娜", "敏", "静", "强", "伟", "军", "明", "华"],
];
const WISHES: [&str; 20] = [
    "小瓶", "退货", "发票", "样品", "送货", "保养", "染发", "刹车", "机油", "面膜", "早餐", "加床", "香水", "围巾",
    "雨刷", "年检", "护手", "补水", "停车", "洗车",
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    Open,
    Phone,
    Name,
    Page,
    Journal,
    Create,
}

/// What is written comes last.
pub const ASKS: [Ask; 6] = [Ask::Open, Ask::Phone, Ask::Name, Ask::Page, Ask::Journal, Ask::Create];

impl Ask {
    pub fn name(self) -> &'static str {
        match self {
            Ask::Open => "open",
            Ask::Phone => "phone",
            Ask::Name => "two_characters",
            Ask::Page => "deep_page",
            Ask::Journal => "journal_words",
            Ask::Create => "create",
        }
    }

    pub fn limit_ms(self) -> f64 {
        match self {
            Ask::Phone => 3.0,
            Ask::Open | Ask::Page => 5.0,
            Ask::Name | Ask::Journal | Ask::Create => 10.0,
        }
    }
}

/// Customers who are there, and numbers that are free.
pub struct Requests {
    chain: String,
    store: String,
    customers: Vec<Uuid>,
    next: AtomicU64,
}

pub struct Archive {
    pub app: TestApp,
    pub requests: Requests,
}

impl Archive {
    pub fn open(backend: Backend) -> Self {
        let app = TestApp::start(backend);
        app.actor("hq_admin", &[]);
        let requests = Requests {
            chain: app.chain().code.clone(),
            store: app.east().to_owned(),
            customers: Vec::new(),
            next: AtomicU64::new(0),
        };
        Self { app, requests }
    }

    /// Imports customers from files, and writes an entry in each one's journal, until there are so many; answers how long
    /// the import took.
    pub fn grow(&mut self, until: usize) -> Duration {
        let mut imported = Duration::ZERO;
        while self.requests.customers.len() < until {
            let from = self.requests.customers.len();
            let part = PART.min(until - from);
            let actor = self.requests.log_in(self.app.base());
            imported += self.requests.import(&actor, from..from + part);
            let fresh = self.requests.newest(&actor, part);
            let requests = &self.requests;
            at_once(FILLERS, |thread| {
                let own = (0..part).skip(thread).step_by(FILLERS);
                own.for_each(|n| requests.entry(&actor, fresh[n], (from + n) as u64));
            });
            self.requests.customers.extend(fresh);
        }
        imported
    }

    pub fn restarted(self) -> Self {
        Self {
            app: self.app.restarted(&|_| {}),
            requests: self.requests,
        }
    }

    /// The SQLite database's file.
    pub fn sqlite(&self) -> Option<PathBuf> {
        let file = self.app.folder().join(DATA).join("cardea.sqlite");
        file.exists().then_some(file)
    }

    pub fn leave(self) -> (Site, Requests) {
        (self.app.leave(), self.requests)
    }
}

impl Requests {
    pub fn log_in(&self, base: &str) -> Actor {
        Actor::log_in(base, &self.chain, "hq_admin", PASSWORD)
    }

    /// The first of numbers that nobody else uses.
    pub fn next_load(&self) -> u64 {
        self.next.fetch_add(LOAD, Ordering::Relaxed)
    }

    /// Imports a file of customers, as somebody does in the browser; answers how long its rows took.
    fn import(&self, actor: &Actor, numbers: Range<usize>) -> Duration {
        let mut file = String::from("姓名,手机号码,出生日期\n");
        for n in numbers {
            let form = self.form(n as u64, 138);
            let line = writeln!(
                file,
                "{},{},{}",
                form.text("/name"),
                form.text("/phones/0"),
                form.text("/birthday")
            );
            line.expect("a line");
        }
        let request = actor.request("POST", "/imports?name=archive.csv").key(&fresh_key());
        let import = request.file(file.as_bytes()).send().created();
        let path = format!("/imports/{}", import.text("/id"));
        let mut mapping = import["mapping"].clone();
        mapping["store_id"] = self.store.clone().into();
        let tag = format!("\"{}\"", import.int("/version"));
        actor.patch(&path, &tag, &json!({"mapping": mapping})).ok();
        let began = Instant::now();
        actor.post(&format!("{path}/steps"), &json!({"step": "run"})).ok();
        loop {
            let now = actor.get(&path).ok();
            if now.text("/state") == "done" {
                return began.elapsed();
            }
            assert_eq!(now.text("/state"), "running", "{now:#}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The newest customers.
    fn newest(&self, actor: &Actor, count: usize) -> Vec<Uuid> {
        let mut found: Vec<Uuid> = Vec::with_capacity(count);
        while found.len() < count {
            let after = found.last().map_or_else(String::new, |id| format!("&after={id}"));
            let page = actor.get(&format!("/customers?limit=200{after}")).ok().list("/items");
            assert!(!page.is_empty(), "as many as the file has");
            found.extend(page.iter().map(|one| one.text("/id").parse::<Uuid>().expect("an id")));
        }
        found.truncate(count);
        found.reverse();
        found
    }

    fn entry(&self, actor: &Actor, customer: Uuid, n: u64) {
        let description = format!("顾客来电要求{}，已记下第{n}次", WISHES[n as usize % WISHES.len()]);
        let entry = json!({"category": "need", "description": description, "resolution": "已答复"});
        actor.post(&format!("/customers/{customer}/journal"), &entry).created();
    }

    fn form(&self, n: u64, prefix: u32) -> Value {
        json!({"name": name(n), "phones": [format!("{prefix}{:08}", n % 100_000_000)], "store_id": self.store,
            "birthday": format!("19{:02}-{:02}-{:02}", 50 + n % 50, 1 + n % 12, 1 + n % 28)})
    }

    /// What the key of a request ends with.
    pub fn key_ends_with(n: u64) -> String {
        format!("-7000-8000-{n:012x}")
    }

    /// The n-th request.
    pub fn request(&self, ask: Ask, token: &str, n: u64) -> Vec<u8> {
        let some = scattered(n) as usize;
        let customer = self.customers[some % self.customers.len()];
        let path = match ask {
            Ask::Create => return self.create(token, n),
            Ask::Open => format!("/customers/{customer}"),
            Ask::Phone => format!("/customers?query=138{:08}", some % self.customers.len()),
            Ask::Name => format!("/customers?limit=20&query={}", query_value(&given(some as u64))),
            Ask::Page => format!("/customers?after={customer}"),
            Ask::Journal => format!("/search?q={}", query_value(WISHES[some % WISHES.len()])),
        };
        format!("GET /api/v1{path} HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
    }

    fn create(&self, token: &str, n: u64) -> Vec<u8> {
        let (body, key) = (self.form(n, 139).to_string(), Self::key_ends_with(n));
        let length = body.len();
        format!(
            "POST /api/v1/customers HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\nidempotency-key: 0198c0df-0000{key}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// Not in the order in which customers were registered.
fn scattered(n: u64) -> u64 {
    n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32
}

fn given(n: u64) -> String {
    let (first, second) = (n / 10 % 10, n % 10);
    format!("{}{}", GIVEN[0][first as usize], GIVEN[1][second as usize])
}

fn name(n: u64) -> String {
    let n = scattered(n);
    format!("{}{}", SURNAMES[(n / 100) as usize % SURNAMES.len()], given(n))
}
