//! `cardea verify`

use crate::app;
use crate::settings::Settings;
use cardea_engine::verify::Report;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Verify {}

impl Verify {
    /// Fails the process when anything doesn't agree.
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        // Opening creates what is missing; there would be nothing to find fault with.
        anyhow::ensure!(
            settings.data.is_dir(),
            "there is no data folder {}",
            settings.data.display()
        );
        show(&app::open(settings)?.verify()?)
    }
}

/// Fails the process when anything doesn't agree.
pub(super) fn show(report: &Report) -> anyhow::Result<ExitCode> {
    println!("chains    {}", report.chains);
    println!("bills     {}", report.bills);
    println!("entries   {}", report.entries);
    println!("lots      {}", report.lots);
    println!("accounts  {}", report.accounts);
    println!("audit     {}", report.audit);
    println!("hash      {}", report.hash);
    for problem in &report.problems {
        println!("problem   {problem}");
    }
    let clean = report.problems.is_empty();
    println!("{}", if clean { "clean" } else { "not clean" });
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
