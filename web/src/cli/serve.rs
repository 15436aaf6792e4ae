//! `cardea serve`

use super::demo;
use crate::app::{self, FirstLogin};
use crate::settings::Settings;
use crate::state::Demonstration;
use cardea_engine::Engine;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use tokio::signal::unix::{SignalKind, signal};

#[derive(clap::Args, Default)]
pub struct Serve {
    /// Fill demo chains on the first start, and show their log-ins
    #[arg(long)]
    demo: bool,
}

impl Serve {
    pub fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let engine = app::open(&settings)?;
        app::warn_of_keys_inside(&settings);
        let (first, shown) = if self.demo {
            (None, Some(demo::find(&engine)?))
        } else {
            (app::first_run(&engine)?, None)
        };
        let books = engine.clone();
        let stopped = watch_signals()?;
        let server = match app::serve_demo(settings, engine, shown.clone()) {
            Ok(server) => server,
            Err(error) => {
                // The log-in exists now and can't be shown again.
                show(first);
                return Err(error);
            }
        };
        // While it is filled it can be looked at already.
        let filling = shown.as_ref().filter(|shown| !shown.filled).map(|shown| {
            println!("Cardea serves {} while the demo is filled", server.url());
            let (shown, books, url) = (shown.clone(), books.clone(), server.url());
            std::thread::spawn(move || {
                let filled = demo::fill_beside(&shown, &books).and_then(|()| introduce(&shown, &books, &url));
                if let Err(error) = filled {
                    eprintln!("The demo wasn't filled to its end; start anew with an empty data folder. {error:#}");
                }
            })
        });
        match shown.filter(|shown| shown.filled) {
            Some(shown) => introduce(&shown, &books, &server.url())?,
            None if filling.is_none() => println!("Cardea serves {}", server.url()),
            None => {}
        }
        show(first);
        stopped.recv()?;
        tracing::info!("stopping: finishing what is in flight");
        server.stop()?;
        if let Some(filling) = filling {
            // Cut off or complete: it has said so.
            filling
                .join()
                .map_err(|_| anyhow::anyhow!("filling the demo panicked"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Who can log in and what to look for, the address last.
fn introduce(shown: &Demonstration, books: &Engine, url: &str) -> anyhow::Result<()> {
    demo::introduce(books, shown.seed)?;
    println!("Cardea serves {url}");
    Ok(())
}

fn show(first: Option<FirstLogin>) {
    if let Some(first) = first {
        println!("First log-in, shown this once:");
        println!("  chain     {}", first.chain);
        println!("  user      {}", first.user);
        println!("  password  {}", first.password);
    }
}

/// Tells of the first SIGTERM or Ctrl-C; the second one ends the process at once.
fn watch_signals() -> anyhow::Result<Receiver<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Registered here, so that no signal after the announcement is missed.
    let mut terminate = runtime.block_on(async { signal(SignalKind::terminate()) })?;
    let mut interrupt = runtime.block_on(async { signal(SignalKind::interrupt()) })?;
    let (tell, told) = mpsc::channel();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        let mut next = || {
            runtime.block_on(async {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            });
        };
        next();
        tell.send(()).ok();
        next();
        std::process::exit(1);
    })?;
    Ok(told)
}
