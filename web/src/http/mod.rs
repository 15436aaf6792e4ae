//! What every route shares: problems, extractors, the envelope around each answer.

pub mod answer;
mod body;
mod envelope;
mod fallback;
mod headers;
mod language;
mod permit;
mod problem;
mod query;
mod unreadable;

pub use body::{Body, BodyLimits, Upload, Write};
pub use cardea_engine::identity::{Guard, guard as action};
pub use cardea_engine::page::Page;
pub use envelope::envelope;
pub use fallback::no_such_route;
pub use headers::{IdempotencyKey, IfMatch};
pub use language::Language;
pub use permit::{Permit, Session, source_ip};
pub use problem::{Problem, ProblemDocument};
pub use query::{Id, Query};

/// What a handler answers.
pub type Answer = Result<actix_web::HttpResponse, Problem>;
