//! Segments (D-CAM-2): saved choices of customers, who is in one, and what is done with everybody in it.

mod act;
mod document;
mod fields;
mod filter;
mod members;

pub use act::{MassAnswer, MassMessage, MassTag};
pub use document::{NewSegment, Segment, SegmentChange};
pub use fields::{SegmentChoice, SegmentFieldView, SegmentFields};
pub(crate) use members::is_in_any;
pub use members::{SegmentMembers, SegmentPreview};
