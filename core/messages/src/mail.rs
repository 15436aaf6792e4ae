//! Mail: addresses, letters, and the SMTP client that delivers them.

mod address;
mod headers;
mod letter;
mod reply;
mod smtp;

pub use address::Address;
pub use letter::{Letter, Mailbox, Unsubscribe};
pub use smtp::{Login, Security, Smtp, SmtpSettings};
