//! Cardea's server and command line: HTTP over the engine. Handlers parse, authorise and pass on; the rules are in
//! `cardea-domain`, storage and commands in `cardea-engine`.

pub mod api;
pub mod app;
pub mod cli;
pub mod http;
mod jobs;
mod logging;
mod metrics;
pub mod openapi;
pub mod press;
mod sender;
pub mod settings;
mod state;
mod system;
mod ui;
mod unsubscribe;
