//! What the write path and the plugin host are worth: one JSON line per figure with `name`, `value`, `ratio` and
//! `aim`. A ratio is always "more is better"; for an upper limit it is limit / measured. Nothing here asserts a time.
//!
//! `cargo bench -p cardea-tests --bench sales` measures everything; `… -- sqlite`, `postgres`, `import` or `decisions`
//! a part. `… -- archive` fills an archive of a million customers, `… -- contracts` writes a hundred thousand contracts,
//! `… -- scale` fills a chain of a million memberships, which take a while: they are measured when they are named, as
//! `prepaid` is (top-ups on one account, and what a bill costs that value, points and a voucher pay).

mod archive;
mod contracts;
mod decisions;
mod figures;
mod import;
mod load;
mod paid;
mod pgbench;
mod prepaid;
mod raw;
mod recorded;
mod scale;
mod shop;

use cardea_tests::harness::{Backend, process};
use figures::{length, millis, report};
use raw::Raw;
use shop::Shop;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLIENTS: [usize; 2] = [64, 256];

fn main() -> ExitCode {
    // A server as a process of its own.
    if std::env::var_os(process::MODE).is_some() {
        return cardea::cli::run();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` and `cargo bench -- --list` pass flags of the usual harness; there is nothing to list.
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let parts: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    if wanted("sqlite") {
        sqlite();
    }
    if wanted("postgres") {
        with_a_cluster("postgres", postgres);
    }
    if wanted("import") {
        import::measure();
    }
    if wanted("decisions") {
        decisions::measure();
    }
    if parts.contains(&"archive") {
        archive::measure(Backend::Sqlite);
    }
    if parts.contains(&"archive") || parts.contains(&"archive-postgres") {
        with_a_cluster("archive-postgres", || archive::measure(Backend::Postgres));
    }
    if parts.contains(&"prepaid") {
        prepaid::measure(Backend::Sqlite);
        paid::measure(Backend::Sqlite);
    }
    if parts.contains(&"prepaid") || parts.contains(&"prepaid-postgres") {
        with_a_cluster("prepaid-postgres", || {
            prepaid::measure(Backend::Postgres);
            paid::measure(Backend::Postgres);
        });
    }
    if parts.contains(&"contracts") {
        contracts::measure(Backend::Sqlite);
    }
    if parts.contains(&"contracts") || parts.contains(&"contracts-postgres") {
        with_a_cluster("contracts-postgres", || contracts::measure(Backend::Postgres));
    }
    if parts.contains(&"scale") {
        scale::measure();
    }
    ExitCode::SUCCESS
}

/// Group commit against a transaction for each sale in the same program, and against a loop that does nothing else.
fn sqlite() {
    let shop = Shop::open(Backend::Sqlite, Some(1));
    let single = CLIENTS.map(|clients| shop.sell(clients, length(), Duration::ZERO));
    shop.app.finish();
    drop(shop);
    let shop = Shop::open(Backend::Sqlite, None);
    let batched = CLIENTS.map(|clients| {
        let before = shop.counts();
        let load = shop.sell(clients, length(), Duration::ZERO);
        (load, shop::batch(&before, &shop.counts()))
    });
    let bytes = shop.bytes_per_sale();
    report("sqlite_bytes_per_sale", bytes, 2250.0 / bytes, 1.0);
    shop.app.finish();
    drop(shop);
    let mut raw = Raw::open();
    for ((clients, (batched, batch)), single) in CLIENTS.iter().zip(&batched).zip(&single) {
        let name = |what: &str| format!("sqlite_{clients}_clients_{what}");
        let raw = raw.per_second(batch.round().max(1.0) as usize, length());
        let rate = batched.per_second;
        report(&name("commands_per_batch"), *batch, *batch, 1.0);
        report(&name("one_transaction_each_per_second"), single.per_second, 1.0, 1.0);
        report(&name("sales_per_second"), rate, rate / single.per_second, 5.0);
        report(&name("raw_loop_per_second"), raw, 1.0, 1.0);
        report(&name("sales_per_second_of_raw_loop"), rate, rate / raw, 0.5);
        let (p50, p99) = (millis(batched.p50), millis(batched.p99));
        report(&name("p50_ms"), p50, millis(single.p50) / p50, 1.0);
        report(&name("p99_ms"), p99, 50.0 / p99, 1.0);
    }
}

/// Group commit against pgbench with the same statements, both durable.
fn postgres() {
    let shop = Shop::open(Backend::Postgres, None);
    let loads = CLIENTS.map(|clients| shop.sell(clients, length(), Duration::ZERO));
    shop.app.finish();
    drop(shop);
    for (clients, load) in CLIENTS.iter().zip(&loads) {
        let shop = recorded::recordable(|| Shop::open(Backend::Postgres, None));
        let peer = pgbench::sales_per_second(shop, *clients, length());
        let name = |what: &str| format!("postgres_{clients}_clients_{what}");
        let p99 = millis(load.p99);
        report(&name("pgbench_sales_per_second"), peer, 1.0, 1.0);
        report(&name("sales_per_second"), load.per_second, load.per_second / peer, 3.0);
        report(&name("p99_ms"), p99, 50.0 / p99, 1.0);
    }
}

/// Measures on PostgreSQL: a cluster of its own that flushes every commit unless one is named. `.ci/postgres` starts it.
fn with_a_cluster(part: &str, measure: impl FnOnce()) {
    if std::env::var_os("CARDEA_TEST_POSTGRES").is_some() {
        return measure();
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::temp_dir().join(format!("cardea-bench-{}", std::process::id()));
    let script = |arguments: &[&str]| {
        let mut command = Command::new(root.join(".ci/postgres"));
        command
            .arg(arguments[0])
            .arg(&folder)
            .args(&arguments[1..])
            .current_dir(&root);
        command.output().expect(".ci/postgres runs")
    };
    let started = script(&["start", "--durable"]);
    let url = String::from_utf8_lossy(&started.stdout).trim().to_owned();
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    let own = std::env::current_exe().expect("this program");
    let measured = Command::new(own).arg(part).env("CARDEA_TEST_POSTGRES", url).status();
    script(&["stop"]);
    assert!(
        measured.expect("this program").success(),
        "the figures of PostgreSQL failed"
    );
}
