//! What is kept confidential (D-ARC-12) and what is deleted, always by two people (D-ARC-13, D-ARC-19).

use crate::id::StaffId;
use crate::{Code, Refusal};

named! {
/// What somebody needs to see or to take away something for.
pub enum Purpose {
    /// The customer has asked for it.
    Asked = "asked",
    /// To serve the customer, or to call them.
    Service = "service",
    Complaint = "complaint",
    /// To check who somebody is, or what was written down.
    Checking = "checking",
    /// A court or an authority demands it.
    Law = "law",
    /// The note says what.
    Other = "other",
}
}

named! {
/// How somebody came to know confidential data.
pub enum LookKind {
    /// What is masked otherwise was shown.
    Reveal = "reveal",
    /// Everything about a person, as one file.
    OwnData = "own_data",
    /// A list, as a file.
    Export = "export",
    /// A paper original was taken out.
    Lending = "lending",
    /// What is in a file.
    File = "file",
    /// A contract was read.
    Contract = "contract",
}
}

named! {
/// What a deletion takes.
pub enum DeletionScope {
    /// All that is kept of a person; ledger and totals stay.
    Person = "person",
    /// The number of the identity document.
    Identity = "identity",
    /// One record.
    Record = "record",
}
}

named! {
/// Why something is deleted.
pub enum DeletionGround {
    /// The person has asked for it.
    Asked = "asked",
    /// It was kept for as long as it had to be.
    Retention = "retention",
    /// A court or an authority demands it.
    Law = "law",
    /// It should never have been written down.
    Mistake = "mistake",
    /// It had been erased before; an older backup had brought it back.
    Again = "again",
}
}

named! {
/// How far a deletion has come.
pub enum DeletionState {
    /// Found by the night's job; nobody has said yes yet.
    Due = "due",
    /// One person wants it; a second one decides.
    Requested = "requested",
    Done = "done",
    Rejected = "rejected",
}
}

impl DeletionState {
    /// Whether somebody has still to decide.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Due | Self::Requested)
    }

    /// What it becomes when `by` says yes: only a second person makes it happen.
    ///
    /// # Errors
    /// `second_person_needed`, `decided_already`.
    pub fn confirmed(self, requested_by: Option<StaffId>, by: Option<StaffId>) -> Result<Self, Refusal> {
        match self {
            Self::Due => Ok(Self::Requested),
            Self::Requested if requested_by.is_none() || by.is_none() || requested_by == by => Err(Refusal::new(
                Code::SecondPersonNeeded,
                "须由另一位有权限的员工确认",
                "Somebody else who may do this must confirm it",
            )),
            Self::Requested => Ok(Self::Done),
            Self::Done | Self::Rejected => Err(decided()),
        }
    }

    /// What it becomes when somebody says no; who asked for it may take it back.
    ///
    /// # Errors
    /// `decided_already`.
    pub fn rejected(self) -> Result<Self, Refusal> {
        if self.is_open() {
            Ok(Self::Rejected)
        } else {
            Err(decided())
        }
    }
}

/// What is over can't be decided again.
pub fn decided() -> Refusal {
    Refusal::new(Code::DecidedAlready, "此申请已经处理", "This has been decided already")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn d_arc_19_only_a_second_person_makes_a_deletion_happen() {
        use DeletionState::*;
        let staff = |n| Some(StaffId(Uuid::from_u128(n)));
        let code = |result: Result<DeletionState, Refusal>| result.map_err(|refusal| refusal.code);
        assert_eq!(code(Due.confirmed(None, staff(1))), Ok(Requested));
        assert_eq!(
            code(Requested.confirmed(staff(1), staff(1))),
            Err(Code::SecondPersonNeeded)
        );
        assert_eq!(code(Requested.confirmed(None, None)), Err(Code::SecondPersonNeeded));
        assert_eq!(code(Requested.confirmed(staff(1), staff(2))), Ok(Done));
        assert_eq!(code(Done.confirmed(staff(1), staff(2))), Err(Code::DecidedAlready));
        assert_eq!(code(Requested.rejected()), Ok(Rejected));
        assert_eq!(code(Done.rejected()), Err(Code::DecidedAlready));
    }
}
