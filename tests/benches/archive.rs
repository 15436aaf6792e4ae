//! The customer archive with ten thousand customers and with a million, and as many journal entries: the same requests by
//! eight clients, beside each other and beside the statements that they run.

mod requests;

use super::figures::{length, millis, report};
use super::load::{self, Load};
use super::raw::{self, Raw, Write};
use super::recorded;
use cardea_tests::harness::process::{LISTEN, Served};
use cardea_tests::harness::{Backend, Site};
use requests::{ASKS, Archive, Ask, Requests};
use std::path::Path;
use std::time::{Duration, Instant};

const CLIENTS: usize = 8;
const SMALL: usize = 10_000;
/// Requests whose statements are run again.
const RECORDED: u64 = 200;

/// Customers of the large archive: `CARDEA_BENCH_CUSTOMERS`, else a million.
fn large() -> usize {
    let customers = std::env::var("CARDEA_BENCH_CUSTOMERS").ok();
    let customers = customers.and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    customers.max(2 * SMALL)
}

pub fn measure(backend: Backend) {
    let name = |what: &str| format!("archive_{}_{what}", backend.name());
    let mut archive = Archive::open(backend);
    archive.grow(SMALL);
    let small = loads(&archive);
    let took = archive.grow(large());
    let rows = (large() - SMALL) as f64 / took.as_secs_f64();
    report(&name("import_rows_per_second"), rows, rows / 30_000.0, 1.0);
    for ((ask, small), large) in ASKS.iter().zip(&small).zip(&loads(&archive)) {
        let (p95, name) = (millis(large.p95), |what: &str| name(&format!("{}_{what}", ask.name())));
        let aim = if *ask == Ask::Create { 2000.0 } else { large.per_second };
        report(&name("per_second"), large.per_second, large.per_second / aim, 1.0);
        report(&name("p95_ms"), p95, ask.limit_ms() / p95, 1.0);
        let times = millis(large.p50) / millis(small.p50);
        report(&name("p50_times_of_the_small_archive"), times, 1.3 / times, 1.0);
    }
    let archive = recorded::recordable(|| archive.restarted());
    if let Some(file) = archive.sqlite() {
        let token = archive.requests.log_in(archive.app.base()).token().to_owned();
        for ask in ASKS {
            let share = of_plain_statements(&archive, &token, &file, ask);
            report(&name(&format!("{}_of_plain_statements", ask.name())), share, share, 0.5);
        }
    }
    let (site, requests) = archive.leave();
    alone(&site, &requests, &name);
}

fn loads(archive: &Archive) -> Vec<Load> {
    let token = archive.requests.log_in(archive.app.base()).token().to_owned();
    let loads = ASKS
        .iter()
        .map(|ask| load(archive, &token, *ask, CLIENTS, length() / 2));
    loads.collect()
}

fn load(archive: &Archive, token: &str, ask: Ask, clients: usize, time: Duration) -> Load {
    let requests = &archive.requests;
    let (addr, first) = (archive.app.server().addr(), requests.next_load());
    load::run(addr, clients, time, Duration::ZERO, &|n| {
        requests.request(ask, token, first + n)
    })
}

/// Requests per second beside how often one thread runs the statements that the server ran for them, on the same file:
/// one client's when it reads, eight that write together.
fn of_plain_statements(archive: &Archive, token: &str, file: &Path, ask: Ask) -> f64 {
    let requests = &archive.requests;
    let (addr, first, started) = (archive.app.server().addr(), requests.next_load(), recorded::now());
    let once = |n: u64| {
        let request = requests.request(ask, token, first + n);
        recorded::record(|| load::once(addr, &request))
    };
    // The first one prepares statements, which would be recorded as well.
    once(RECORDED);
    let recorded: Vec<_> = (0..RECORDED).map(once).collect();
    let (clients, time) = (if ask == Ask::Create { CLIENTS } else { 1 }, length() / 4);
    let ours = load(archive, token, ask, clients, time).per_second;
    let plain = match ask {
        Ask::Create => {
            let writes = recorded.iter().zip(first..);
            let writes = writes.map(|(statements, n)| Write::of(statements, started, &[Requests::key_ends_with(n)]));
            Raw::over(file, writes.collect()).per_second(CLIENTS, time)
        }
        _ => raw::reads_per_second(file, &recorded, time),
    };
    ours / plain
}

/// The server as a process of its own: how soon it is there, and what it needs.
fn alone(site: &Site, requests: &Requests, name: &dyn Fn(&str) -> String) {
    let began = Instant::now();
    drop(site.open());
    let open = millis(began.elapsed());
    report(&name("open_ms"), open, 300.0 / open, 1.0);
    let mut arguments = vec!["serve"];
    arguments.extend(LISTEN);
    let mut served = Served::start(site.cardea(&arguments));
    let addr = served.url.trim_start_matches("http://").parse().expect("an address");
    let token = requests.log_in(&served.url).token().to_owned();
    for ask in ASKS {
        let first = requests.next_load();
        load::run(addr, CLIENTS, length() / 4, Duration::ZERO, &|n| {
            requests.request(ask, &token, first + n)
        });
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.process.id())).expect("a process");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
    let megabytes = peak.expect("what the process needed at most") / 1024.0;
    report(&name("memory_mb"), megabytes, 120.0 / megabytes, 1.0);
    served.stop();
}
