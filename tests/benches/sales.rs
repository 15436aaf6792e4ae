//! What the write path and the plugin host are worth: one JSON line per figure with `name`, `value`, `ratio` and
//! `aim`. A ratio is always "more is better"; for an upper limit it is limit / measured. Nothing here asserts a time.

mod load;

use cardea_engine::plugin::{self, PluginHost};
use cardea_engine::store::WriterOptions;
use cardea_tests::harness::{Backend, Member, TestApp};
use std::hint::black_box;
use std::time::{Duration, Instant};

const CLIENTS: usize = 64;
const MEMBERS: usize = 200;

fn main() {
    // `cargo test --benches` and `cargo bench -- --list` pass flags of the usual harness; there is nothing to list.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let seconds = std::env::var("CARDEA_BENCH_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(8);
    let time = Duration::from_secs(seconds);
    let batched = sales(WriterOptions::default(), time);
    let single = sales(
        WriterOptions {
            max_batch: 1,
            ..WriterOptions::default()
        },
        time,
    );
    let ratio = batched.per_second / single.per_second;
    report("sales_per_second_one_transaction_each", single.per_second, 1.0, 1.0);
    report("sales_per_second", batched.per_second, ratio, 5.0);
    report(
        "sales_p50_ms",
        millis(batched.p50),
        millis(single.p50) / millis(batched.p50),
        1.0,
    );
    report("sales_p99_ms", millis(batched.p99), 50.0 / millis(batched.p99), 1.0);
    decisions();
}

fn report(name: &str, value: f64, ratio: f64, aim: f64) {
    let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
    println!(
        "{}",
        serde_json::json!({"name": name, "value": rounded(value), "ratio": rounded(ratio), "aim": aim})
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Durable sales over HTTP with an EdDSA token, judged by the component, each one entry with a lot.
fn sales(writer: WriterOptions, time: Duration) -> load::Load {
    let app = TestApp::start_with(Backend::Sqlite, &|options| options.writer = writer);
    let members: Vec<Member> = (0..MEMBERS).map(|n| app.member(&format!("会员{n}"))).collect();
    let till = app.till();
    let bodies: Vec<String> = members
        .iter()
        .map(|member| {
            let sale = app
                .sale_to(member)
                .line("cream", "skin", 12_50)
                .line("comb", "hair", 7_30);
            sale.receipt("@RECEIPT@").body().to_string()
        })
        .collect();
    let head = format!(
        "POST /api/v1/sales HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
        app.server().addr(),
        till.token()
    );
    let request = move |n: u64| {
        let body = bodies[n as usize % MEMBERS].replace("@RECEIPT@", &format!("B{n}"));
        let key = format!("0198c0df-{:04x}-7000-8000-{:012x}", n >> 16 & 0xffff, n);
        format!(
            "{head}idempotency-key: {key}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    let measured = load::run(app.server().addr(), CLIENTS, time, request);
    app.finish();
    measured
}

/// A fresh instance of the component for each decision, against the same rules natively.
fn decisions() {
    let sale = cardea_plugin::earning::Sale {
        config: <cardea_retail::Retail as cardea_plugin::Rules>::describe().default_config,
        minor_digits: 2,
        today: 20_513,
        birthday_month: true,
        tier: "silver".into(),
        tier_multiplier: 1_200_000,
        first_purchase: false,
        introduced: false,
        lines: [("cream", "skin", 12_50), ("comb", "hair", 7_30)]
            .into_iter()
            .zip(1..)
            .map(line)
            .collect(),
    };
    // The host's own type of the same record; both have one JSON form.
    let asked: cardea_engine::plugin::earning::Sale =
        serde_json::from_value(serde_json::to_value(&sale).expect("JSON")).expect("the same record");
    let host = PluginHost::new(&plugin::Settings::default()).expect("a plugin host");
    let (_, bytes) = plugin::embedded()
        .iter()
        .find(|(id, _)| *id == "retail")
        .expect("the retail component");
    let component = host.load(bytes).expect("it loads");
    let judged = component.judge(&asked).expect("a decision");
    let natively = <cardea_retail::Retail as cardea_plugin::Rules>::judge(&sale).expect("a decision");
    assert_eq!(
        serde_json::to_value(&judged).expect("JSON"),
        serde_json::to_value(&natively).expect("JSON")
    );
    let native = micros(200_000, || {
        drop(black_box(<cardea_retail::Retail as cardea_plugin::Rules>::judge(&sale)))
    });
    let fresh = micros(20_000, || drop(black_box(component.judge(&asked))));
    report("native_decision_us", native, 1.0, 1.0);
    report("component_decision_us", fresh, 40.0 / fresh, 1.0);
    report(
        "component_decision_times_native",
        fresh / native,
        30.0 / (fresh / native),
        1.0,
    );
}

fn line(((sku, category, counted), number): ((&str, &str, i64), u32)) -> cardea_plugin::earning::Line {
    let (sku, category) = (sku.to_owned(), category.to_owned());
    cardea_plugin::earning::Line {
        number,
        sku,
        category,
        quantity: 1000,
        counted,
        attributes: Vec::new(),
    }
}

/// The best of five rounds, per call.
fn micros(calls: u32, mut call: impl FnMut()) -> f64 {
    let mut round = || {
        let started = Instant::now();
        (0..calls / 5).for_each(|_| call());
        started.elapsed().as_secs_f64() * 1e6 / f64::from(calls / 5)
    };
    (0..5).map(|_| round()).fold(f64::INFINITY, f64::min)
}
