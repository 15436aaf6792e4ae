//! What stories are written with: an application of its own per story, actors who call its HTTP interface, builders
//! for what they send, and assertions that read like sentences.

mod actor;
mod answer;
mod app;
mod bill;
mod cast;
pub mod peers;
pub mod process;
mod program;
mod server;
pub mod time;
pub mod webdriver;

pub use actor::{Actor, Request, fresh_key};
pub use answer::{Answer, Field};
pub use app::{Balance, ONE_TIME, PASSWORD, TestApp};
pub use bill::{Bill, Return, Sale};
pub use cast::{CustomerForm, Member};
pub use program::Settings;
pub use server::wait;

use libtest_mimic::Trial;

/// Where a story's data lies. Every story is listed once per backend by name; another database joins here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
}

impl Backend {
    pub const ALL: &'static [Backend] = &[Backend::Sqlite];

    pub fn name(self) -> &'static str {
        match self {
            Backend::Sqlite => "sqlite",
        }
    }
}

/// What happens, told to an application that nobody else uses.
pub type Story = fn(&TestApp);

/// Lists stories once per backend: `sqlite::returns::pain_01_…`. After every story the books are verified.
pub fn trials(subject: &str, stories: &[(&str, Story)]) -> Vec<Trial> {
    let mut found = Vec::new();
    for backend in Backend::ALL.iter().copied() {
        for (name, story) in stories.iter().copied() {
            found.push(Trial::test(
                format!("{}::{subject}::{name}", backend.name()),
                move || {
                    let app = TestApp::start(backend);
                    story(&app);
                    app.finish();
                    Ok(())
                },
            ));
        }
    }
    found
}

/// `stories!("returns": pain_01, pain_02)`: the function's name is the story's name.
#[macro_export]
macro_rules! stories {
    ($subject:literal: $($story:ident),+ $(,)?) => {
        $crate::harness::trials($subject, &[$((stringify!($story), $story as $crate::harness::Story)),+])
    };
}
