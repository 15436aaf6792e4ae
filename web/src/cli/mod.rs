//! The command line: one file per subcommand.

mod audit;
mod backup;
mod compile_plugin;
mod demo;
mod import;
mod import_customers;
mod openapi;
mod serve;
mod verify;

use crate::settings::{Flags, Settings};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Memberships, cards, sales and points of shop chains. Without a command: serve.
#[derive(Parser)]
#[command(name = "cardea", version, arg_required_else_help = false)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the interface and the pages (the default)
    Serve(serve::Serve),
    /// Fill an empty data folder with demo chains and ninety days of trade
    Demo(demo::Demo),
    /// Bring past sales or customers in from a spreadsheet
    Import(import::Import),
    /// Recompute every balance, and print a fingerprint of the ledger
    Verify(verify::Verify),
    /// Copy database and keys, each to a place of its own; the server may go on meanwhile
    Backup(backup::Backup),
    /// Put a backup into an empty place, and verify it there
    Restore(backup::Restore),
    /// Seal the audit log, check it against a kept seal, export a chain's part of it
    Audit(audit::Audit),
    #[command(name = cardea_engine::plugin::SUBCOMMAND, hide = true)]
    CompilePlugin(compile_plugin::CompilePlugin),
    /// Print the OpenAPI document
    Openapi(openapi::Openapi),
}

/// Runs the process's command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cardea: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let command = cli.command.unwrap_or(Command::Serve(serve::Serve::default()));
    let command = match command {
        // These depend on no setting.
        Command::Openapi(command) => return command.run(),
        Command::CompilePlugin(command) => return Ok(command.run()),
        command => command,
    };
    let settings = Settings::load(&cli.flags)?;
    crate::logging::start(&settings.log);
    match command {
        Command::Serve(command) => command.run(settings),
        Command::Demo(command) => command.run(settings),
        Command::Import(command) => command.run(|| Ok(settings)),
        Command::Verify(command) => command.run(&settings),
        Command::Backup(command) => command.run(&settings),
        Command::Restore(command) => command.run(&settings),
        Command::Audit(command) => command.run(&settings),
        Command::Openapi(command) => command.run(),
        Command::CompilePlugin(command) => Ok(command.run()),
    }
}
