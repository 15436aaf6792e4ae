//! Messages to people (D-HQ-3): queued in the transaction that causes them ([`crate::store::Tx::notify`]), sent afterwards.
//!
//! Follow one: `row.rs` (the table) → `claim.rs` (may it go, by which channel, what does it say) → `deliver.rs` (sending, and
//! what became of it) → `read.rs`. `channel.rs` has how a chain sends, `rules.rs` what and when, `refuse.rs` who doesn't want to.
//!
//! A message is tried again with the same content under the same id. Between the other side's yes and the row that says so lies
//! a moment: a server killed in it sends a mail once more, under the same Message-ID; for SMS and chat a person decides.

mod breakers;
mod channel;
mod claim;
mod contact;
mod content;
mod deliver;
mod network;
mod read;
mod refuse;
mod row;
mod rules;
mod try_out;
mod write;

pub(crate) use breakers::Breakers;
pub(crate) use channel::has_channel;
pub use channel::{ChannelChange, ChannelView, GatewaySettings, MailSecurity, MailSettings};
pub use contact::{StaffContact, StaffContactChange};
pub use deliver::deliver_all;
pub(crate) use deliver::jitter;
pub(crate) use network::Network;
pub use network::{NetworkOptions, check_networks};
pub use read::{
    ChannelState, MessageKindView, MessageQuery, MessageReceiver, MessageSummary, MessageView, PlaceholderView,
    ShippedWording,
};
pub(crate) use refuse::inherit_refusals;
pub use refuse::{RefusalsChange, RefusalsView};
pub(crate) use row::{erase, forget_old, purpose};
pub use rules::{RulesDocument, WordingDocument};
pub use try_out::{Preview, TestSend, TestSent, WantedPreview};
pub use write::{MessageStep, Retried, RetryAll};
