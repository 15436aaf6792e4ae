//! The life of a contract (D-CON-3): one table of states and steps. Nothing is deleted; what is over is archived.

use crate::{Code, Refusal, Text};

named! {
/// How far a contract has come.
pub enum ContractState {
    /// Being written; may be changed.
    Draft = "draft",
    /// Frozen: others look at it.
    InReview = "in_review",
    /// Everybody who had to has agreed.
    Approved = "approved",
    Signed = "signed",
    InForce = "in_force",
    /// Its term is over.
    Expired = "expired",
    /// Ended before its term.
    Terminated = "terminated",
    Archived = "archived",
}
}

named! {
/// What makes one state of another.
pub enum ContractStep {
    /// Changes what stands in it.
    Change = "change",
    /// Asks for approval.
    Submit = "submit",
    /// Takes that back.
    Withdraw = "withdraw",
    /// The last approval that was needed.
    Approve = "approve",
    Reject = "reject",
    /// Opens what was approved for a change; it needs a new approval then.
    Reopen = "reopen",
    Sign = "sign",
    /// Its first day has come.
    Begin = "begin",
    /// Its last day is over.
    Expire = "expire",
    Terminate = "terminate",
    Archive = "archive",
    /// Says how much of it is done.
    Fulfil = "fulfil",
    /// Says where its signed original is.
    Custody = "custody",
    /// Says something about it.
    Comment = "comment",
}
}

named! {
/// What was done of what a contract promises; a state apart from its life.
pub enum Fulfilment {
    Unfulfilled = "unfulfilled",
    Partly = "partly",
    Fulfilled = "fulfilled",
    /// It needn't be any more.
    Lapsed = "lapsed",
}
}

named! {
/// What is to happen by a day that a contract names.
pub enum MilestoneKind {
    Payment = "payment",
    Delivery = "delivery",
    /// The end of a period for which there is a rebate.
    Rebate = "rebate",
    Other = "other",
}
}

impl MilestoneKind {
    /// What it is called.
    pub fn label(self) -> Text {
        match self {
            Self::Payment => Text::new("付款", "Payment"),
            Self::Delivery => Text::new("交付", "Delivery"),
            Self::Rebate => Text::new("返利结算", "Rebate"),
            Self::Other => Text::new("约定事项", "Milestone"),
        }
    }
}

impl Fulfilment {
    /// What it is called.
    pub fn label(self) -> Text {
        match self {
            Self::Unfulfilled => Text::new("未履行", "Unfulfilled"),
            Self::Partly => Text::new("部分履行", "Partly fulfilled"),
            Self::Fulfilled => Text::new("已履行", "Fulfilled"),
            Self::Lapsed => Text::new("不再履行", "Lapsed"),
        }
    }
}

use ContractState::*;
use ContractStep::*;

/// From, step, to.
const TABLE: &[(ContractState, ContractStep, ContractState)] = &[
    (Draft, Change, Draft),
    (Draft, Submit, InReview),
    (Draft, Archive, Archived),
    (InReview, Withdraw, Draft),
    (InReview, Approve, Approved),
    (InReview, Reject, Draft),
    (Approved, Reopen, Draft),
    (Approved, Sign, Signed),
    (Signed, Begin, InForce),
    (Signed, Terminate, Terminated),
    (InForce, Expire, Expired),
    (InForce, Terminate, Terminated),
    (Signed, Fulfil, Signed),
    (InForce, Fulfil, InForce),
    (Expired, Fulfil, Expired),
    (Terminated, Fulfil, Terminated),
    (Signed, Custody, Signed),
    (InForce, Custody, InForce),
    (Expired, Custody, Expired),
    (Terminated, Custody, Terminated),
    (Archived, Custody, Archived),
    (Expired, Archive, Archived),
    (Terminated, Archive, Archived),
    (Draft, Comment, Draft),
    (InReview, Comment, InReview),
    (Approved, Comment, Approved),
    (Signed, Comment, Signed),
    (InForce, Comment, InForce),
    (Expired, Comment, Expired),
    (Terminated, Comment, Terminated),
    (Archived, Comment, Archived),
];

impl ContractState {
    /// What it is called.
    pub fn label(self) -> Text {
        match self {
            Draft => Text::new("草稿", "Draft"),
            InReview => Text::new("审批中", "In review"),
            Approved => Text::new("已批准", "Approved"),
            Signed => Text::new("已签署", "Signed"),
            InForce => Text::new("生效中", "In force"),
            Expired => Text::new("已到期", "Expired"),
            Terminated => Text::new("已终止", "Terminated"),
            Archived => Text::new("已归档", "Archived"),
        }
    }

    /// What the step makes of it.
    ///
    /// # Errors
    /// `contract_state`, which says what it is and what can be done with it.
    pub fn after(self, step: ContractStep) -> Result<Self, Refusal> {
        let found = TABLE.iter().find(|(from, by, _)| (*from, *by) == (self, step));
        found.map(|(_, _, to)| *to).ok_or_else(|| {
            let (zh, en) = self.told();
            let zh = format!("合同{zh}，不能{}。{}", step.told().0, self.next_told().0);
            let en = format!(
                "The contract {en}: it can't be {}. {}",
                step.told().1,
                self.next_told().1
            );
            Refusal::new(Code::ContractState, zh, en)
        })
    }

    /// The steps that are possible.
    pub fn steps(self) -> impl Iterator<Item = ContractStep> {
        TABLE
            .iter()
            .filter(move |(from, _, _)| *from == self)
            .map(|(_, step, _)| *step)
    }

    /// Whether the parties are bound by it.
    pub fn binds(self) -> bool {
        matches!(self, Signed | InForce)
    }

    fn told(self) -> (&'static str, &'static str) {
        match self {
            Draft => ("还是草稿", "is a draft"),
            InReview => ("正在审批", "is in review"),
            Approved => ("已批准，尚未签署", "is approved and not signed yet"),
            Signed => ("已签署，尚未生效", "is signed and not in force yet"),
            InForce => ("正在生效", "is in force"),
            Expired => ("已到期", "has expired"),
            Terminated => ("已终止", "was terminated"),
            Archived => ("已归档", "is archived"),
        }
    }

    fn next_told(self) -> (String, String) {
        let steps: Vec<ContractStep> = self.steps().filter(|step| !step.is_by_itself()).collect();
        if steps.is_empty() {
            return ("不能再变更".into(), "Nothing can be done with it any more".into());
        }
        let zh: Vec<&str> = steps.iter().map(|step| step.told().0).collect();
        let en: Vec<&str> = steps.iter().map(|step| step.told().1).collect();
        (
            format!("现在可以：{}", zh.join("、")),
            format!("Now it can be {}", en.join(", ")),
        )
    }
}

impl ContractStep {
    /// Whether a date does it, an approval, custody of the original or a remark; nobody asks for it as a step of its life.
    pub fn is_by_itself(self) -> bool {
        matches!(self, Begin | Expire | Approve | Reject | Custody | Comment)
    }

    fn told(self) -> (&'static str, &'static str) {
        match self {
            Change => ("修改", "changed"),
            Submit => ("提交审批", "submitted"),
            Withdraw => ("撤回", "withdrawn"),
            Approve => ("批准", "approved"),
            Reject => ("驳回", "rejected"),
            Reopen => ("重新打开修改", "reopened"),
            Sign => ("签署", "signed"),
            Begin => ("生效", "begun"),
            Expire => ("到期", "expired"),
            Terminate => ("终止", "terminated"),
            Archive => ("归档", "archived"),
            Fulfil => ("登记履行情况", "fulfilled"),
            Custody => ("登记原件保管", "kept"),
            Comment => ("评论", "commented on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_con_3_the_table_cell_by_cell() {
        let expected = |from: ContractState| match from {
            Draft => "change>draft submit>in_review archive>archived comment>draft",
            InReview => "withdraw>draft approve>approved reject>draft comment>in_review",
            Approved => "reopen>draft sign>signed comment>approved",
            Signed => "begin>in_force terminate>terminated fulfil>signed custody>signed comment>signed",
            InForce => "expire>expired terminate>terminated fulfil>in_force custody>in_force comment>in_force",
            Expired => "archive>archived fulfil>expired custody>expired comment>expired",
            Terminated => "archive>archived fulfil>terminated custody>terminated comment>terminated",
            Archived => "custody>archived comment>archived",
        };
        for from in ContractState::ALL {
            let told = ContractStep::ALL.iter().filter_map(|step| {
                let to = from.after(*step).ok()?;
                Some(format!("{step}>{to}"))
            });
            let told: Vec<String> = told.collect();
            assert_eq!(told.join(" "), expected(*from), "{from}");
        }
    }

    #[test]
    fn d_con_3_a_refused_step_says_what_can_be_done() {
        let refusal = Draft.after(Sign).unwrap_err();
        assert_eq!(refusal.code, Code::ContractState);
        assert_eq!(
            refusal.detail.zh,
            "合同还是草稿，不能签署。现在可以：修改、提交审批、归档"
        );
        assert_eq!(
            Archived.after(Change).unwrap_err().detail.en,
            "The contract is archived: it can't be changed. Nothing can be done with it any more"
        );
    }

    #[test]
    fn d_con_3_what_binds_is_signed() {
        let binding: Vec<&ContractState> = ContractState::ALL.iter().filter(|state| state.binds()).collect();
        assert_eq!(binding, [&Signed, &InForce]);
    }
}
