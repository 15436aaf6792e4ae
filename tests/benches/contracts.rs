//! Contracts: a hundred thousand of them in lists and searches, by one client and by eight, their print, and ten thousand mails that
//! leave beside tills.

use super::figures::{length, millis, report};
use super::load;
use super::shop::Shop;
use cardea_tests::harness::mail::MailServer;
use cardea_tests::harness::{Actor, Backend, Field, TestApp, at_once, query_value};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const CLIENTS: usize = 8;
/// Contracts that are printed one after the other.
const PRINTS: usize = 100;
/// Threads that write contracts.
const FILLERS: usize = 16;
/// Contracts of one customer.
const EACH: usize = 20;
const GOODS: [&str; 10] = [
    "洗发水",
    "护发素",
    "面膜",
    "机油",
    "轮胎",
    "刹车片",
    "床上用品",
    "毛巾",
    "咖啡",
    "矿泉水",
];
const MAILS: usize = 10_000;
const TILLS: usize = 16;
/// Between two sales of a till.
const PAUSE: Duration = Duration::from_millis(50);

/// `CARDEA_BENCH_CONTRACTS`, else a hundred thousand.
fn most() -> usize {
    let contracts = std::env::var("CARDEA_BENCH_CONTRACTS").ok();
    contracts.and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

pub fn measure(backend: Backend) {
    lists(backend);
    if backend == Backend::Sqlite {
        mails();
    }
}

fn content(n: usize) -> Value {
    let goods = GOODS[n % GOODS.len()];
    json!({
        "title": format!("二〇二六年度{goods}经销合同第{n}号"),
        "elements": {"quality": format!("{goods}符合国家标准，每批附检验报告"), "settlement": "月结三十天，以银行转账方式支付"},
        "lines": [{"goods": goods, "unit": "箱", "quantity": 1000 * (1 + n as i64 % 40), "unit_price": 100_00 + n as i64,
            "tax_ppm": 130_000, "tax_included": true}],
        "starts_on": format!("2026-{:02}-01", 1 + n % 12), "ends_on": format!("2027-{:02}-{:02}", 1 + n % 12, 1 + n % 28),
    })
}

fn fill(app: &TestApp, hq: &Actor, kind: &str) -> Vec<String> {
    let customers: Vec<String> = at_once(FILLERS, |thread| {
        let own = (0..most() / EACH).skip(thread).step_by(FILLERS);
        own.map(|n| app.customer(&format!("客户{n}")).create())
            .collect::<Vec<_>>()
    })
    .concat();
    at_once(FILLERS, |thread| {
        for n in (0..most()).skip(thread).step_by(FILLERS) {
            let body = json!({"type_id": kind, "customer_id": customers[n / EACH], "content": content(n)});
            hq.post("/contracts", &body).created();
        }
    });
    customers
}

fn get(token: &str, path: &str) -> Vec<u8> {
    format!("GET /api/v1{path} HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}

fn lists(backend: Backend) {
    let app = TestApp::start(backend);
    let hq = app.hq();
    let form = json!({"code": "dealer", "name": {"zh": "经销合同", "en": "Dealer"}, "category": "JX"});
    let kind = hq.post("/contract-types", &form).created().text("/id");
    let began = Instant::now();
    let customers = fill(&app, &hq, &kind);
    let name = |what: &str| format!("contracts_{}_{what}", backend.name());
    report(
        &name("written_per_second"),
        most() as f64 / began.elapsed().as_secs_f64(),
        1.0,
        1.0,
    );
    let some = hq.get("/contracts?limit=200").ok().list("/items");
    let some: Vec<String> = some.iter().map(|one| one.text("/id")).collect();
    let found = (&some[..], &customers[..]);
    asks(&app, found, &|what, (alone, busy)| {
        let p95 = millis(alone.p95);
        report(&name(&format!("{what}_p95_ms")), p95, 15.0 / p95, 1.0);
        report(&name(&format!("{what}_per_second")), busy.per_second, 1.0, 1.0);
    });
    let mut took: Vec<Duration> = (0..PRINTS)
        .map(|n| {
            let began = Instant::now();
            let printed = hq.get(&format!("/contracts/{}/print?language=zh-CN", some[n % some.len()]));
            assert_eq!(printed.status, 200, "{:#}", printed.body);
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    let p95 = millis(took[PRINTS * 95 / 100]);
    report(&name("print_p95_ms"), p95, 150.0 / p95, 1.0);
    app.finish();
}

/// Asks for lists in all ways.
fn asks(app: &TestApp, (some, customers): (&[String], &[String]), told: &dyn Fn(&str, (&load::Load, &load::Load))) {
    let hq = app.hq();
    let manager = app.manager();
    let deep = |n: u64| format!("/contracts?after={}", some[n as usize % some.len()]);
    type Ask<'a> = (&'a str, &'a Actor, Box<dyn Fn(u64) -> String + 'a>);
    let asks: Vec<Ask<'_>> = vec![
        ("page", &hq, Box::new(deep)),
        ("of_a_store", &manager, Box::new(|_| "/contracts".into())),
        (
            "of_a_customer",
            &hq,
            Box::new(|n| format!("/contracts?customer_id={}", customers[n as usize % customers.len()])),
        ),
        (
            "two_characters",
            &hq,
            Box::new(|n| format!("/contracts?text={}", query_value(&GOODS[n as usize % 10][..6]))),
        ),
        (
            "a_rare_text",
            &hq,
            Box::new(|n| format!("/contracts?text={}", query_value(&format!("第{}号", n % 90_000)))),
        ),
        (
            "amounts",
            &hq,
            Box::new(|n| format!("/contracts?amount_from={}", 100_00 * (n % 400))),
        ),
        (
            "rare_amounts",
            &hq,
            Box::new(|_| "/contracts?amount_from=900000000".into()),
        ),
        (
            "ending",
            &hq,
            Box::new(|n| format!("/contracts?ends_by=2027-{:02}-01", 1 + n % 12)),
        ),
        (
            "ended_long_ago",
            &hq,
            Box::new(|_| "/contracts?ends_by=2020-01-01".into()),
        ),
        (
            "by_state",
            &hq,
            Box::new(|n| format!("/contracts?state={}", ["draft", "archived"][n as usize % 2])),
        ),
        (
            "by_number",
            &hq,
            Box::new(|n| format!("/contracts?number=JX-2026-{:04}", n % 9999)),
        ),
        (
            "one",
            &hq,
            Box::new(|n| format!("/contracts/{}", some[n as usize % some.len()])),
        ),
    ];
    for (what, actor, path) in &asks {
        let ask = |clients: usize| {
            let request = |n| get(actor.token(), &path(n));
            load::run(app.server().addr(), clients, length() / 2, Duration::ZERO, &request)
        };
        told(what, (&ask(1), &ask(CLIENTS)));
    }
}

/// Birthdays of ten thousand people who want to hear of it, all on one day.
fn mails() {
    let shop = Shop::open(Backend::Sqlite, None);
    let app = &shop.app;
    let server = MailServer::start();
    let settings = json!({
        "host": "127.0.0.1", "port": server.port, "security": "none", "from_name": "Cardea", "from_address": "shop@cards.example",
    });
    let body = json!({"settings": settings, "active": true});
    app.hq().patch("/message-channels/mail", "\"0\"", &body).ok();
    at_once(FILLERS, |thread| {
        for n in (0..MAILS).skip(thread).step_by(FILLERS) {
            let card = json!({"kind": "person", "contact": {"mail": format!("c{n}@cards.example")}});
            let consent = json!({"marketing": true, "privacy": true});
            let form = app
                .customer(&format!("顾客{n}"))
                .with("card", card)
                .with("consent", consent);
            form.birthday("1990-03-03").create();
        }
    });
    let alone = shop.sell(TILLS, length(), PAUSE);
    app.set_now("2026-03-03 07:00");
    app.night();
    app.set_now("2026-03-03 10:00");
    let began = Instant::now();
    let waiting = || app.hq().get("/message-summary").ok().int("/queued");
    let (beside, took) = std::thread::scope(|scope| {
        let leaving = scope.spawn(|| {
            while server.count() < MAILS {
                assert!(began.elapsed() < Duration::from_secs(300), "{} mails wait", waiting());
                std::thread::sleep(Duration::from_millis(5));
            }
            began.elapsed()
        });
        let load = shop.sell(TILLS, length(), PAUSE);
        (load, leaving.join().expect("mails leave"))
    });
    app.finish();
    let rate = MAILS as f64 / took.as_secs_f64();
    report("mails_per_second", rate, rate / 500.0, 1.0);
    report("mails_tills_p99_ms_without", millis(alone.p99), 1.0, 1.0);
    let times = beside.p99.as_secs_f64() / alone.p99.as_secs_f64();
    report("mails_tills_p99_ms", millis(beside.p99), 1.5 / times, 1.0);
}
