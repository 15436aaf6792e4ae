//! What stories are written with: an application of its own per story, actors who call its HTTP interface, builders
//! for what they send, and assertions that read like sentences.

mod actor;
mod answer;
mod app;
mod bill;
mod cast;
mod component;
pub mod database;
pub mod gateway;
pub mod hook;
pub mod mail;
pub mod peers;
pub mod process;
mod program;
mod server;
mod site;
pub mod time;
pub mod webdriver;
pub mod workbook;

pub use actor::{Actor, Request, agent, fresh_key, query_value};
pub use answer::{Answer, Field};
pub use app::{Balance, ONE_TIME, PASSWORD, TestApp, entries_of, points_of};
pub use bill::{Bill, Return, Sale};
pub use cast::{CustomerForm, Member};
pub use program::Settings;
pub use server::{DATA, Tune, wait};
pub use site::Site;

use libtest_mimic::{Completion, Failed, Trial};
use std::sync::Barrier;
use std::thread;

/// Where a story's data lies. Every story is listed once per backend by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    pub const ALL: &'static [Backend] = &[Backend::Sqlite, Backend::Postgres];

    pub fn name(self) -> &'static str {
        match self {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
        }
    }

    /// What is missing of it on this machine.
    fn missing(self) -> Option<String> {
        match self {
            Backend::Sqlite => None,
            Backend::Postgres => peers::postgres().err(),
        }
    }

    /// A test `sqlite::name` or `postgres::name`; ignored where that database is missing.
    pub fn trial(self, name: &str, test: impl FnOnce() -> Result<Completion, Failed> + Send + 'static) -> Trial {
        Trial::ignorable_test(format!("{}::{name}", self.name()), move || match self.missing() {
            None => test(),
            Some(why) => peers::missing(&why),
        })
    }
}

/// Calls from as many threads as there are calls, let go together; the answers in order.
pub fn at_once<T: Send>(calls: usize, call: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(calls);
    thread::scope(|scope| {
        let run = |n| {
            let (start, call) = (&start, &call);
            scope.spawn(move || {
                start.wait();
                call(n)
            })
        };
        let threads: Vec<_> = (0..calls).map(run).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("an answer"))
            .collect()
    })
}

/// What happens, told to an application that nobody else uses.
pub type Story = fn(&TestApp);

/// Lists stories once per backend: `sqlite::returns::pain_01_…`. After every story the books are verified.
pub fn trials(subject: &str, stories: &[(&str, Story)]) -> Vec<Trial> {
    trials_with(subject, stories, || None)
}

/// The same with a program beside this one; `missing` says that it isn't there.
pub fn trials_with(subject: &str, stories: &[(&str, Story)], missing: fn() -> Option<String>) -> Vec<Trial> {
    let mut found = Vec::new();
    for backend in Backend::ALL.iter().copied() {
        for (name, story) in stories.iter().copied() {
            found.push(backend.trial(&format!("{subject}::{name}"), move || {
                if let Some(why) = missing() {
                    return peers::missing(&why);
                }
                let app = TestApp::start(backend);
                story(&app);
                app.finish();
                Ok(Completion::Completed)
            }));
        }
    }
    found
}

/// `stories!("returns": pain_01, pain_02)`: the function's name is the story's name. `stories!("prints" with peers::pdftotext: …)`
/// for those that need a program.
#[macro_export]
macro_rules! stories {
    ($subject:literal: $($story:ident),+ $(,)?) => {
        $crate::harness::trials($subject, &[$((stringify!($story), $story as $crate::harness::Story)),+])
    };
    ($subject:literal with $peer:path: $($story:ident),+ $(,)?) => {
        $crate::harness::trials_with($subject, &[$((stringify!($story), $story as $crate::harness::Story)),+], || $peer().err())
    };
}
