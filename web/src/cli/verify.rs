//! `cardea verify`

use crate::app;
use crate::settings::Settings;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Verify {}

impl Verify {
    /// Fails the process when anything doesn't agree.
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let report = app::open(settings)?.verify()?;
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
}
