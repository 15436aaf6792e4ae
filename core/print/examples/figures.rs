//! What printing a contract of three pages takes: milliseconds, and memory beside what the process had before, against limits.
//! `cargo run --release -p cardea-print --example figures [FOLDER]` leaves the PDFs in a folder.

#[path = "../tests/print/samples.rs"]
mod samples;

use std::path::Path;
use std::time::Instant;

/// Of one contract, once the fonts are loaded; only for an optimised build.
const MOST_MILLISECONDS: f64 = 150.0;
/// Of memory at its height, fonts included.
const MOST_MIB: f64 = 60.0;
/// Printed again and again, memory stays where it was after the first ones.
const MOST_MIB_LATER: f64 = 4.0;

fn main() {
    let before = memory("VmHWM");
    for (name, sheet) in [("chinese", samples::chinese()), ("english", samples::english())] {
        let start = Instant::now();
        let first = cardea_print::pdf(&sheet).expect("the sample is printed");
        let cold = start.elapsed().as_secs_f64() * 1e3;
        let mut warm: Vec<f64> = (0..10).map(|_| milliseconds(&sheet)).collect();
        warm.sort_by(f64::total_cmp);
        println!(
            "{name}: {} bytes, first {cold:.0} ms, then {:.0} ms",
            first.len(),
            warm[5]
        );
        if !cfg!(debug_assertions) {
            assert!(warm[5] <= MOST_MILLISECONDS, "more than {MOST_MILLISECONDS} ms");
        }
        if let Some(folder) = std::env::args().nth(1) {
            std::fs::write(Path::new(&folder).join(format!("{name}.pdf")), first)
                .expect("the folder can be written to");
        }
    }
    let (Some(before), Some(height), Some(now)) = (before, memory("VmHWM"), memory("VmRSS")) else {
        println!("memory: not known on this system");
        return;
    };
    println!(
        "memory: {:.1} MiB more at its height, {now:.1} MiB now",
        height - before
    );
    assert!(height - before <= MOST_MIB, "more than {MOST_MIB} MiB");
    (0..100).for_each(|_| {
        milliseconds(&samples::chinese());
    });
    let later = memory("VmRSS").unwrap_or(now) - now;
    println!("memory: {later:.1} MiB more after 100 contracts");
    assert!(later <= MOST_MIB_LATER, "more than {MOST_MIB_LATER} MiB");
}

fn milliseconds(sheet: &cardea_domain::contract::print::Sheet) -> f64 {
    let start = Instant::now();
    cardea_print::pdf(sheet).expect("the sample is printed");
    start.elapsed().as_secs_f64() * 1e3
}

/// A figure of this process in MiB, where Linux tells it.
fn memory(name: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
