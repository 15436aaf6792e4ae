//! Delivers messages: mail over SMTP, SMS and chat through an HTTP gateway, webhooks. Each sender blocks its thread, keeps nothing
//! and asks nobody: what is sent, when again and to whom is the caller's; this crate delivers once and says how it went.
//!
//! Follow a mail: [`mail::Address`] → [`mail::Letter`] → [`mail::Smtp::send`] → [`Outcome`] → [`backoff`] and [`breaker`].

pub mod backoff;
pub mod breaker;
mod channel;
pub mod guard;
pub mod http;
pub mod mail;
mod secret;

pub use channel::{Class, Failure, Outcome, Receipt, Refused};
pub use secret::Secret;
