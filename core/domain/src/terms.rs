//! Accepted terms (D-CON-6): which texts a program demands, and what of them a member has accepted.

use crate::error::{Code, Refusal, Text, WrongField};
use serde::Serialize;
use utoipa::ToSchema;

named! {
/// What a text of terms is about.
#[derive(PartialOrd, Ord)]
pub enum TermsKind {
    /// Rules of the membership.
    Membership = "membership",
    /// Money that is paid in advance.
    StoredValue = "stored_value",
    Privacy = "privacy",
    Marketing = "marketing",
}
}

named! {
/// How somebody has accepted terms.
pub enum AcceptanceChannel {
    Till = "till",
    MemberPage = "member_page",
    /// Signed by hand.
    Paper = "paper",
}
}

named! {
/// When terms have to be accepted.
pub enum TermsOccasion {
    /// Before a membership is opened.
    Enrolment = "enrolment",
    /// Before money is paid in.
    TopUp = "top_up",
}
}

impl TermsKind {
    /// What it is called.
    pub fn label(self) -> Text {
        match self {
            Self::Membership => Text::new("会员章程", "membership terms"),
            Self::StoredValue => Text::new("储值协议", "terms of stored value"),
            Self::Privacy => Text::new("隐私政策", "privacy policy"),
            Self::Marketing => Text::new("营销信息同意书", "consent to marketing"),
        }
    }
}

/// Terms that have to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demanded {
    pub kind: TermsKind,
    /// The number of the latest version; 0: no text has been published yet.
    pub current: i32,
    /// The earliest version whose acceptance still counts.
    pub least: i32,
}

/// Terms that somebody has yet to accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LackingTerms {
    pub kind: TermsKind,
    /// The version that is to be accepted; 0: no text has been published yet.
    pub current: i32,
    /// The latest version that was accepted, which doesn't count any more; null: none.
    pub accepted: Option<i32>,
}

/// What of `demanded` isn't accepted, or only in a version that doesn't count any more; `accepted`: kinds with versions.
pub fn missing(demanded: &[Demanded], accepted: &[(TermsKind, i32)]) -> Vec<LackingTerms> {
    let latest = |kind: TermsKind| {
        let of = accepted.iter().filter(|(of, _)| *of == kind);
        of.map(|(_, version)| *version).max()
    };
    let lacks = |demand: &&Demanded| demand.current == 0 || latest(demand.kind).is_none_or(|has| has < demand.least);
    let told = |demand: &Demanded| LackingTerms {
        kind: demand.kind,
        current: demand.current,
        accepted: latest(demand.kind),
    };
    demanded.iter().filter(lacks).map(told).collect()
}

/// # Errors
/// `terms_not_accepted`, which names every kind that is lacking.
pub fn check(lacking: &[LackingTerms]) -> Result<(), Refusal> {
    let wrong: Vec<WrongField> = lacking.iter().map(told).collect();
    let Some(first) = wrong.first() else { return Ok(()) };
    let refusal = Refusal::new(Code::TermsNotAccepted, &first.detail.zh, &first.detail.en).at(&first.pointer);
    Err(refusal.with(|facts| facts.wrong = wrong))
}

fn told(lacking: &LackingTerms) -> WrongField {
    let (label, pointer) = (lacking.kind.label(), format!("/terms/{}", lacking.kind));
    let (zh, en) = match lacking {
        LackingTerms { current: 0, .. } => (
            format!("尚未发布{}，请先由总部发布", label.zh),
            format!("The {} haven't been published yet: head office has to", label.en),
        ),
        LackingTerms { accepted: Some(_), .. } => (
            format!("{}已更新，会员须接受新版本", label.zh),
            format!(
                "The {} have changed: the member has to accept the new version",
                label.en
            ),
        ),
        LackingTerms { .. } => (
            format!("会员尚未接受{}", label.zh),
            format!("The member hasn't accepted the {} yet", label.en),
        ),
    };
    WrongField::new(pointer, zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn demand(kind: TermsKind, current: i32, least: i32) -> Demanded {
        Demanded { kind, current, least }
    }

    #[test]
    fn d_con_6_what_is_missing_or_outdated() {
        let demanded = [
            demand(TermsKind::Membership, 3, 2),
            demand(TermsKind::Privacy, 1, 1),
            demand(TermsKind::StoredValue, 0, 0),
        ];
        let lacking = |accepted: &[(TermsKind, i32)]| -> Vec<(TermsKind, Option<i32>)> {
            let lacking = missing(&demanded, accepted).into_iter();
            lacking.map(|lacks| (lacks.kind, lacks.accepted)).collect()
        };
        let unpublished = (TermsKind::StoredValue, None);
        assert_eq!(
            lacking(&[]),
            [(TermsKind::Membership, None), (TermsKind::Privacy, None), unpublished]
        );
        assert_eq!(
            lacking(&[(TermsKind::Membership, 1), (TermsKind::Privacy, 1)]),
            [(TermsKind::Membership, Some(1)), unpublished]
        );
        assert_eq!(
            lacking(&[
                (TermsKind::Membership, 1),
                (TermsKind::Membership, 2),
                (TermsKind::Privacy, 1)
            ]),
            [unpublished],
            "version 3 changed nothing that has to be accepted anew"
        );
        assert_eq!(missing(&[], &[]), []);
    }

    #[test]
    fn d_con_6_a_refusal_names_every_kind() {
        let demanded = [demand(TermsKind::Membership, 2, 2), demand(TermsKind::Privacy, 1, 1)];
        let refusal = check(&missing(&demanded, &[(TermsKind::Membership, 1)])).unwrap_err();
        assert_eq!(refusal.code, Code::TermsNotAccepted);
        assert_eq!(refusal.detail.zh, "会员章程已更新，会员须接受新版本");
        let pointers: Vec<&str> = refusal.facts.wrong.iter().map(|wrong| wrong.pointer.as_str()).collect();
        assert_eq!(pointers, ["/terms/membership", "/terms/privacy"]);
        assert_eq!(check(&[]), Ok(()));
    }
}
