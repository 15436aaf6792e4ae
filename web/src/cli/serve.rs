//! `cardea serve`

use crate::app::{self, FirstLogin, RunningServer};
use crate::settings::Settings;
use std::process::ExitCode;

#[derive(clap::Args, Default)]
pub struct Serve {
    /// Fill demo chains on the first start, and show their log-ins
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let engine = app::open(&settings)?;
        let first = if self.demo {
            super::demo::ensure(&engine)?;
            None
        } else {
            app::first_run(&engine)?
        };
        let server = app::serve(settings, engine)?;
        announce(&server, first);
        wait_for_signal()?;
        tracing::info!("stopping: finishing what is in flight");
        server.stop()?;
        Ok(ExitCode::SUCCESS)
    }
}

fn announce(server: &RunningServer, first: Option<FirstLogin>) {
    println!("Cardea serves {}", server.url());
    if let Some(first) = first {
        println!("First log-in, shown this once:");
        println!("  chain     {}", first.chain);
        println!("  user      {}", first.user);
        println!("  password  {}", first.password);
    }
}

/// Returns on the first SIGTERM or Ctrl-C. A second one ends the process at once, as the system does by default.
fn wait_for_signal() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            received = tokio::signal::ctrl_c() => received?,
            _ = terminate.recv() => {}
        }
        anyhow::Ok(())
    })
}
