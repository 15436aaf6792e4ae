//! Approvals (maker-checker): what one person wants and others have to agree to. What is asked for is frozen by its
//! hash, and never decided by whoever made it, under whatever log-in.

use crate::error::{Code, Refusal};
use crate::id::StaffId;
use std::collections::BTreeSet;

named! {
/// How far a request has come.
pub enum ApprovalState {
    Waiting = "waiting",
    /// Everybody who had to has agreed.
    Approved = "approved",
    Rejected = "rejected",
    /// Whoever asked has taken it back.
    Withdrawn = "withdrawn",
    /// Nobody decided in time.
    Expired = "expired",
    /// What it was about has changed since.
    Void = "void",
}
}

/// A request as somebody decides on it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub state: ApprovalState,
    /// People who made what is asked for: who wrote it, and whoever they wrote it for.
    pub makers: &'a BTreeSet<StaffId>,
    /// People who have agreed already.
    pub agreed: &'a BTreeSet<StaffId>,
    /// How many have to agree.
    pub steps: u32,
}

impl Request<'_> {
    /// What it becomes when this person agrees, `person` being the first log-in of the one who is logged in.
    ///
    /// # Errors
    /// `decided_already`; `second_person_needed` for a maker, and for somebody who has agreed already.
    pub fn agreed_by(&self, person: StaffId) -> Result<ApprovalState, Refusal> {
        self.check_open()?;
        if self.makers.contains(&person) {
            return Err(Refusal::new(
                Code::SecondPersonNeeded,
                "本人经手的内容须由他人审批，换用本人的其他账号也不行",
                "What you made yourself, or somebody made for you, is decided by somebody else, under whatever log-in",
            ));
        }
        if self.agreed.contains(&person) {
            return Err(Refusal::new(
                Code::SecondPersonNeeded,
                "您已同意过，下一步须由另一位审批人处理",
                "You have agreed already: the next step is somebody else's",
            ));
        }
        let agreed = u32::try_from(self.agreed.len()).unwrap_or(u32::MAX).saturating_add(1);
        Ok(if agreed >= self.steps {
            ApprovalState::Approved
        } else {
            ApprovalState::Waiting
        })
    }

    /// # Errors
    /// `decided_already`, with the reason where it isn't a decision.
    pub fn check_open(&self) -> Result<(), Refusal> {
        let (zh, en) = match self.state {
            ApprovalState::Waiting => return Ok(()),
            ApprovalState::Approved | ApprovalState::Rejected => ("此申请已经处理", "This has been decided already"),
            ApprovalState::Withdrawn => ("此申请已被撤回", "This request was taken back"),
            ApprovalState::Expired => (
                "此申请已过期，请重新提交",
                "This request has expired: it is to be made again",
            ),
            ApprovalState::Void => (
                "内容在提交后有改动，此申请已作废，请重新提交",
                "What this was about has changed since: it is void and is to be made again",
            ),
        };
        Err(Refusal::new(Code::DecidedAlready, zh, en))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn people(of: &[u128]) -> BTreeSet<StaffId> {
        of.iter().map(|n| StaffId(Uuid::from_u128(*n))).collect()
    }

    #[test]
    fn d_con_3_one_or_two_agree_and_never_the_maker() {
        let decide = |agreed: &[u128], steps, by| {
            let (makers, agreed) = (people(&[1, 2]), people(agreed));
            let request = Request {
                state: ApprovalState::Waiting,
                makers: &makers,
                agreed: &agreed,
                steps,
            };
            let decided = request.agreed_by(StaffId(Uuid::from_u128(by)));
            decided.map_err(|refusal| refusal.code)
        };
        assert_eq!(decide(&[], 1, 3), Ok(ApprovalState::Approved));
        assert_eq!(decide(&[], 2, 3), Ok(ApprovalState::Waiting));
        assert_eq!(decide(&[3], 2, 4), Ok(ApprovalState::Approved));
        assert_eq!(decide(&[3], 2, 3), Err(Code::SecondPersonNeeded));
        for maker in [1, 2] {
            assert_eq!(decide(&[], 1, maker), Err(Code::SecondPersonNeeded));
        }
    }

    #[test]
    fn what_is_over_says_why() {
        let none = BTreeSet::new();
        for state in ApprovalState::ALL
            .iter()
            .filter(|state| **state != ApprovalState::Waiting)
        {
            let request = Request {
                state: *state,
                makers: &none,
                agreed: &none,
                steps: 1,
            };
            assert_eq!(request.check_open().unwrap_err().code, Code::DecidedAlready, "{state}");
        }
    }
}
