use cardea_domain::Instant;
use cardea_domain::id::StaffId;
use cardea_domain::provenance::{CardSource, Provenance, ProvenanceChange};
use uuid::Uuid;

#[test]
fn d_arc_2_a_change_without_a_source_keeps_it_and_is_unverified() {
    let (mei, wu) = (Some(StaffId(Uuid::from_u128(1))), Some(StaffId(Uuid::from_u128(2))));
    let told = |source, verified| ProvenanceChange { source, verified };
    let (visit, survey) = (Some(CardSource::Visit), Some(CardSource::Survey));
    let first = Provenance::default().after(true, told(visit, Some(true)), mei, Instant(1));
    assert_eq!((first.source, first.verified, first.verified_by), (visit, true, mei));

    let changed = first.after(true, told(None, None), wu, Instant(2));
    assert_eq!(
        (changed.source, changed.verified, changed.verified_by),
        (visit, false, None)
    );
    assert_eq!((changed.changed_by, changed.changed_at), (wu, Some(Instant(2))));

    let again = changed.after(false, told(None, Some(true)), mei, Instant(3));
    assert_eq!(
        (again.verified, again.verified_at, again.changed_by),
        (true, Some(Instant(3)), wu)
    );
    // Said once more it stays; from elsewhere it has to be made sure of anew.
    assert!(again.after(false, told(visit, None), wu, Instant(4)).verified);
    let other = again.after(false, told(survey, None), wu, Instant(4));
    assert_eq!((other.source, other.verified, other.verified_by), (survey, false, None));
    assert!(!again.after(false, told(None, Some(false)), wu, Instant(4)).verified);
}
