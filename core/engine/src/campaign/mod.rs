//! Campaigns of a program (D-CAM-1): what head office sets up, in versions, and which of them a bill meets.

mod document;
mod effective;
mod row;

pub use document::{Campaign, CampaignChange, CampaignQuery, NewCampaign};
pub(crate) use effective::{Campaigns, Meeting};
pub use row::Row;
