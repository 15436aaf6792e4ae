//! `cardea openapi`

use std::io::Write;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Openapi {}

impl Openapi {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        std::io::stdout().write_all(crate::openapi::json()?.as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
