//! Typed ids: a card's id can't be passed where a membership's is wanted. All are UUIDv7, so that rows of one
//! moment lie side by side in the indexes.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    )*};
}

id!(
    /// The tenant.
    ChainId, RegionId, StoreId, StaffId, SessionId, CustomerId, ProgramId,
    /// One version of a program's configuration.
    ConfigurationId,
    MembershipId, CardId, RewardId,
    VoucherKindId, VoucherBatchId, VoucherId,
    /// Blank cards whose numbers were drawn together, and a parcel of them between two places.
    CardBatchId, CardTransferId,
    /// A count of blank cards.
    CardCountId,
    CampaignId,
    /// A saved choice of customers.
    SegmentId,
    /// A word that customers are marked with.
    TagId,
    /// A membership that was renewed.
    RenewalId,
    /// A bill: a sale, a return or a redemption.
    BillId,
    EntryId, LotId,
    /// Points or value set aside.
    HoldId,
    /// Of points, by people.
    AdjustmentId, TransferId,
    /// Memberships that share their points.
    PoolId,
    RecordTypeId, RecordId, JournalId, FileId,
    /// A change of a customer's card.
    CustomerChangeId,
    CustomerFormId,
    /// Two customers who became one.
    MergeId,
    /// Two memberships that became one, and one that went to another person.
    MembershipMergeId, HolderTransferId,
    /// Somebody saw or took away confidential data.
    LookId,
    DeletionId,
    /// A paper original that is or was away.
    LendingId,
    TaskId, HandoverId, TaskCheckId, RouteReviewId, WarningId, SatisfactionId, AssessmentId, VisitReportId,
    /// A file of customers or records on its way in.
    FileImportId,
    /// A file of opening balances.
    OpeningId,
    ContractTypeId, ContractId,
    /// A count of signed originals.
    StockTakeId,
    /// A version of a text that members accept.
    TermsId,
    /// Something that one person wants and others have to agree to.
    ApprovalId, MessageId,
    /// An address that gets events, and one event on its way there.
    WebhookEndpointId, WebhookDeliveryId
);

/// Where new ids come from: the writer hands one to every `decide`, tests hand a counter.
pub trait NewIds {
    /// A fresh id, larger than every earlier one of this source.
    fn next_id(&mut self) -> Uuid;
}
