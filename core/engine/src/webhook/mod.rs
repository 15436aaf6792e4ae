//! Events to other systems (D-HQ-3): what a command puts into the outbox is sent to the addresses that a chain has set up, signed
//! after the specification Standard Webhooks.
//!
//! Follow one: `hand_out.rs` (an outbox row becomes one delivery for each address that wants its topic) → `lane.rs` (an address's
//! deliveries, one after the other) → `after.rs` (what became of them) → `read.rs`. `endpoint.rs` has the addresses, `run.rs`
//! the loop, `try_out.rs` an event to try one.
//!
//! What is guaranteed: an event that was committed while its address was switched on arrives at least once, also over the death
//! of a server, unless it is given up, which is shown. A repeat has the same `webhook-id`, by which the receiver knows it. An
//! address gets its events one at a time in the order in which they were written, as long as none fails; one that fails is tried
//! again later, and those after it don't wait. What happened before an address was set up, or while it was switched off, isn't
//! for it; what waited then goes when it is switched on again. Where several servers share a database, the others know of a new
//! address a second later.

mod after;
mod change;
mod endpoint;
mod forget;
mod hand_out;
mod lane;
mod read;
mod receivers;
mod retry;
mod row;
mod run;
mod try_out;

pub use change::{NewWebhookEndpoint, WebhookEndpointChange, WebhookSecret, WebhookStep};
pub use endpoint::WebhookEndpoint;
pub use read::{DeliveryQuery, WebhookDelivery, WebhookTopic};
pub(crate) use receivers::Receivers;
pub use retry::RetriedDeliveries;
pub use run::deliver_until;
pub use try_out::WebhookTested;
