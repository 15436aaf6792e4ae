//! `cardea demo`: an empty data folder is filled with two chains and ninety days of their trade.

use crate::settings::Settings;
use crate::state::Demonstration;
use anyhow::Context;
use cardea_domain::Day;
use cardea_engine::Engine;
use cardea_engine::demo::{self, Progress, Size, Watch};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

#[derive(clap::Args)]
pub struct Demo {
    /// What everything follows from: the same seed gives the same books
    #[arg(long, default_value_t = demo::SEED)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = HowMuch::Full)]
    size: HowMuch,
    /// The last day of trade, e.g. 2026-11-21 [default: the same day always]
    #[arg(long, value_name = "DAY")]
    until: Option<Day>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum HowMuch {
    /// 20 000 memberships
    Full,
    /// 400 memberships
    Small,
}

impl Demo {
    pub fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let engine = crate::app::open(&settings)?;
        let size = match self.size {
            HowMuch::Full => Size::Full,
            HowMuch::Small => Size::Small,
        };
        fill(
            &engine,
            self.seed,
            size,
            self.until.unwrap_or_else(demo::last_day),
            &Progress::default(),
        )?;
        introduce(&engine, self.seed)?;
        println!("The books' fingerprint: {}", engine.verify()?.hash);
        Ok(ExitCode::SUCCESS)
    }
}

/// The demo of a data folder, and whether it is filled.
///
/// # Errors
/// A folder with something else in it, or with a demo that wasn't filled to its end.
pub fn find(engine: &Engine) -> anyhow::Result<Demonstration> {
    let seed = demo::seed_of(engine)?;
    if seed.is_none() {
        demo::check_empty(engine).map_err(|refusal| anyhow::anyhow!("{}", refusal.detail.en))?;
    }
    Ok(Demonstration {
        seed: seed.unwrap_or(demo::SEED),
        filled: seed.is_some(),
        progress: Arc::default(),
    })
}

/// Fills it beside the server.
pub fn fill_beside(demo: &Demonstration, engine: &Engine) -> anyhow::Result<()> {
    fill(engine, demo.seed, Size::Full, demo::last_day(), &demo.progress)
}

fn fill(engine: &Engine, seed: u64, size: Size, until: Day, progress: &Progress) -> anyhow::Result<()> {
    let mut bar = Bar::new(progress);
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let filled = runtime.block_on(demo::fill(engine, seed, size, until, &mut bar));
    bar.bar.finish_and_clear();
    filled
        .map_err(|refusal| anyhow::anyhow!("{}", refusal.detail.en))
        .context("filling the demo")?;
    let events = bar.bar.position();
    eprintln!(
        "{events} purchases, returns and other events in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Who can log in, those to try first at the end, and somebody whom a till finds.
pub fn introduce(engine: &Engine, seed: u64) -> anyhow::Result<()> {
    let logins = demo::logins(seed);
    let (first, others): (Vec<_>, Vec<_>) = logins.iter().partition(|login| login.try_first());
    println!("{:<10} {:<12} {:<22} role", "chain", "user", "password");
    others.into_iter().for_each(print_login);
    println!("Try first:");
    first.into_iter().for_each(print_login);
    for member in demo::samples(engine)? {
        let demo::Sample {
            chain,
            card,
            phone,
            name,
        } = member;
        println!("A member of {chain} to look for: card {card}, phone {phone}, name {name}");
    }
    Ok(())
}

fn print_login(login: &demo::Login) {
    let demo::Login {
        chain,
        user,
        password,
        role,
    } = login;
    println!("{chain:<10} {user:<12} {password:<22} {}", role.as_str());
}

/// Shows in the terminal what pages see of it.
struct Bar<'a> {
    bar: ProgressBar,
    progress: &'a Progress,
}

impl<'a> Bar<'a> {
    fn new(progress: &'a Progress) -> Self {
        let bar = ProgressBar::new(0);
        let template = "{bar:40} {pos}/{len} purchases and other events, {eta} left";
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, progress }
    }
}

impl Watch for Bar<'_> {
    fn starts(&mut self, events: u64) {
        self.bar.set_length(events);
        (&mut &*self.progress).starts(events);
    }

    fn goes_on(&mut self, events: u64) {
        self.bar.set_position(events);
        (&mut &*self.progress).goes_on(events);
    }
}
