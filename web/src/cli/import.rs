//! `cardea import`: sales of other systems; customers are in `import_customers`.

use super::import_customers::Customers;
use crate::settings::Settings;
use anyhow::Context;
use cardea_domain::money::format_minor;
use cardea_engine::import::{self, BadRow, Finish, Mapping, Options, Reason, Watch};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// The mappings that come with the program.
const MAPPINGS: [(&str, &str); 2] = [
    ("retail_baskets", include_str!("../../mappings/retail_baskets.toml")),
    ("online_retail", include_str!("../../mappings/online_retail.toml")),
];

#[derive(clap::Args)]
pub struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Sales, line by line, from .csv or .csv.xz
    Sales(Sales),
    /// Customers, from .csv, .xlsx or .xls
    Customers(Customers),
}

#[derive(clap::Args)]
struct Sales {
    /// .csv or .csv.xz
    file: PathBuf,
    /// What the file means: a TOML file, or one of retail_baskets, online_retail
    #[arg(long)]
    mapping: String,
    /// Read everything and list bad rows, but book nothing
    #[arg(long)]
    dry_run: bool,
    /// Send everything again, even what an earlier run has finished (what is booked stays as it is)
    #[arg(long)]
    from_start: bool,
}

impl Import {
    /// Whether it needs no database.
    pub fn run(self, settings: impl FnOnce() -> anyhow::Result<Settings>) -> anyhow::Result<ExitCode> {
        let sales = match self.what {
            What::Sales(sales) => sales,
            What::Customers(customers) => return customers.run(&settings()?),
        };
        let mapping = read_mapping(&sales.mapping)?;
        if sales.dry_run {
            dry_run(&sales.file, &mapping)
        } else {
            book(&sales, &mapping, settings()?)
        }
    }
}

/// One of the program's own mappings, or a file.
fn read_mapping(name: &str) -> anyhow::Result<Mapping> {
    let text = match MAPPINGS.iter().find(|(own, _)| *own == name) {
        Some((_, text)) => (*text).to_owned(),
        None => std::fs::read_to_string(name).with_context(|| {
            let own = MAPPINGS.map(|(own, _)| own).join(", ");
            format!("--mapping {name}: there is no such file, or it can't be read. Mappings that come with the program: {own}")
        })?,
    };
    Mapping::parse(&text).with_context(|| format!("--mapping {name}"))
}

fn dry_run(file: &Path, mapping: &Mapping) -> anyhow::Result<ExitCode> {
    let mut terminal = Terminal::new();
    let run = import::dry_run(file, mapping, &mut terminal)?;
    terminal.bar.finish_and_clear();
    let paid = format_minor(run.paid, mapping.chain.digits);
    println!(
        "{} rows: {} sales of {} lines, paid {paid} {}",
        run.rows, run.sales, run.lines, mapping.chain.currency
    );
    println!("{} returns", run.returns);
    print_bad(&run.bad);
    println!("Nothing was booked.");
    Ok(ExitCode::SUCCESS)
}

fn book(sales: &Sales, mapping: &Mapping, settings: Settings) -> anyhow::Result<ExitCode> {
    let engine = crate::app::open(&settings)?;
    let mut terminal = Terminal::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let started = Instant::now();
    let finish = runtime.block_on(async {
        let stop = terminal.stop.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.store(true, Ordering::Relaxed);
            }
        });
        let options = Options {
            from_start: sales.from_start,
            ..Options::default()
        };
        import::run(&engine, &sales.file, mapping, &options, &mut terminal).await
    })?;
    terminal.bar.finish_and_clear();
    report(&finish, started.elapsed().as_secs_f64());
    Ok(if finish.complete {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn report(finish: &Finish, seconds: f64) {
    if let Some(login) = &finish.first_login {
        println!(
            "New chain: chain {}, user {}, password {}",
            login.chain,
            login.user,
            login.password.as_str()
        );
    }
    let report = &finish.report;
    println!(
        "{} sales, {} returns, {} memberships; {} points earned, {} taken back",
        report.sales, report.returns, report.members, report.points_earned, report.points_taken_back
    );
    if report.repeated > 0 {
        println!("{} of the bills were there already.", report.repeated);
    }
    print_bad(&report.bad);
    match (finish.complete, finish.sent) {
        (true, 0) => println!("The whole file was imported earlier: nothing to do."),
        (true, sent) => println!(
            "{sent} bills in {seconds:.1} s: {:.0} bills/s",
            sent as f64 / seconds.max(0.001)
        ),
        (false, _) => println!("Stopped at line {}: the same command goes on there.", report.line),
    }
}

fn print_bad(bad: &BTreeMap<Reason, u64>) {
    println!("{} bad rows", bad.values().sum::<u64>());
    for (reason, rows) in bad {
        println!("  {reason}: {rows}");
    }
}

/// A progress bar, and the bad rows as they come.
struct Terminal {
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
}

impl Terminal {
    fn new() -> Self {
        let bar = ProgressBar::new(0);
        let template = "{bar:40} {pos}/{len} rows, {per_sec}, {eta} left";
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            bar,
            stop: Arc::default(),
        }
    }
}

impl Watch for Terminal {
    fn starts(&mut self, rows: u64) {
        self.bar.set_length(rows);
    }

    fn goes_on(&mut self, rows: u64) -> bool {
        self.bar.set_position(rows);
        !self.stop.load(Ordering::Relaxed)
    }

    fn bad(&mut self, row: &BadRow) {
        self.bar
            .suspend(|| println!("line {}, {}: {} ({})", row.line, row.receipt, row.reason, row.detail));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i8_an_unknown_mapping_lists_those_that_come_with_the_program() {
        let error = read_mapping("retail_basket").unwrap_err().to_string();
        for (own, _) in MAPPINGS {
            assert!(error.contains(own), "{error}");
            assert!(read_mapping(own).is_ok(), "{own}");
        }
    }
}
